// What an attacker would try against the real server, with real requests: from another page, with an old link, by guessing, by odd addresses.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { connect } from "node:net";
import { test } from "node:test";
import type { TestOptions } from "node:test";
import { openSqliteStore } from "#plugins/stores/sqlite.ts";
import { until } from "#test/cli/run-dure.ts";
import { addUsers, PASSWORD, runningAgent } from "./running-agent.ts";
import type { RunningAgent } from "./running-agent.ts";

const CONFIG = "pipelines:\n  a:\n    - in.FakeData: { type: people, count: 0, rate: 1 }\n    - out.Null\n";
const usual: TestOptions = { skip: process.platform === "win32" && "the tests stop agents by signals", timeout: 240_000 };
const started = (): Promise<RunningAgent> => runningAgent({ config: CONFIG });

async function who(agent: RunningAgent, cookie: string): Promise<string | undefined> {
  return ((await (await agent.fetch("/api/session", { headers: { cookie } })).json()) as { user?: { name: string } }).user?.name;
}

/** A request byte by byte, for what `fetch` would put right before it is sent. */
function raw(agent: RunningAgent, text: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(agent.port, "127.0.0.1", () => socket.end(text));
  let answer = "";
  socket.setEncoding("latin1").setTimeout(60_000, () => socket.destroy(new Error("no answer"))).on("data", (part: string) => (answer += part)).on("error", reject).on("close", () => resolve(answer));
  return promise;
}

test("attacks: a login takes over no session that somebody planted, and leaves none behind", usual, async () => {
  await using agent = await started();
  await addUsers(agent, { hong: "admin" });
  const planted = `dure-${agent.port}=${"A".repeat(43)}`;
  const answer = await agent.post("/api/login", { name: "hong", password: PASSWORD }, { cookie: planted });
  const [set = ""] = answer.headers.getSetCookie();
  assert.match(set, new RegExp(`^dure-${agent.port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict; Max-Age=604800$`));
  const first = set.split(";")[0] ?? "";
  assert.deepEqual([await who(agent, planted), await who(agent, first)], [undefined, "hong"]);
  const again = await agent.post("/api/login", { name: "hong", password: PASSWORD }, { cookie: first });
  const second = again.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  assert.deepEqual([await who(agent, first), await who(agent, second)], [undefined, "hong"]);
  assert.equal(await who(agent, `${second}; ${planted}`), undefined, "of two cookies neither counts");
  await agent.post("/api/logout", {}, { cookie: second });
  assert.equal(await who(agent, second), undefined);
});

test("attacks: a foreign page can neither change anything, nor log somebody in or out, nor open a WebSocket", usual, async () => {
  await using agent = await started();
  await addUsers(agent, { hong: "admin" });
  const cookie = await agent.login("hong");
  const json = { "content-type": "application/json" };
  const own = { cookie, ...json, origin: agent.origin };
  const user = JSON.stringify({ name: "mallory", role: "admin", password: PASSWORD });
  const evil = "http://evil.example";
  const tries: readonly (readonly [string, string, RequestInit])[] = [
    ["its Origin", "/api/users", { method: "POST", headers: { ...own, origin: evil }, body: user }],
    ["no Origin", "/api/users", { method: "POST", headers: { cookie, ...json }, body: user }],
    ["an opaque Origin", "/api/users", { method: "POST", headers: { ...own, origin: "null" }, body: user }],
    ["our host with another port", "/api/users", { method: "POST", headers: { ...own, origin: `http://127.0.0.1:${agent.port + 1}` }, body: user }],
    ["a name that begins as ours", "/api/users", { method: "POST", headers: { ...own, origin: `${agent.origin}.evil.example` }, body: user }],
    ["the browser's own word", "/api/users", { method: "POST", headers: { ...own, "sec-fetch-site": "cross-site" }, body: user }],
    ["a form", "/api/users", { method: "POST", headers: { ...own, "content-type": "application/x-www-form-urlencoded" }, body: "name=mallory" }],
    ["a form with files", "/api/users", { method: "POST", headers: { ...own, "content-type": "multipart/form-data; boundary=x" }, body: "--x--" }],
    ["plain text", "/api/users", { method: "POST", headers: { ...own, "content-type": "text/plain" }, body: user }],
    ["no type", "/api/users", { method: "POST", headers: { ...own, "content-type": "" }, body: new TextEncoder().encode(user) }],
    ["JSON by another name", "/api/users", { method: "POST", headers: { ...own, "content-type": "text/plain; application/json" }, body: user }],
    ["a change by GET", "/api/users?name=mallory&role=admin", { headers: { cookie, "x-http-method-override": "POST" } }],
    ["a change by GET at its own place", "/api/pipelines/a/pause", { headers: { cookie } }],
    ["a login", "/api/login", { method: "POST", headers: { ...json, origin: evil }, body: JSON.stringify({ name: "hong", password: PASSWORD }) }],
    ["a logout", "/api/logout", { method: "POST", headers: { ...own, origin: evil }, body: "{}" }],
    ["removing", "/api/users/hong", { method: "DELETE", headers: { cookie, origin: evil } }],
  ];
  for (const [what, path, init] of tries) {
    const answer = await agent.fetch(path, init);
    const text = await answer.text();
    if (what.startsWith("a change by GET")) assert.ok(answer.status === 404 || answer.status === 405 || answer.status === 200 || answer.status === 400, `${what}: ${answer.status}`);
    else assert.ok(answer.status === 403 || answer.status === 415 || answer.status === 400, `${what}: ${answer.status} ${text}`);
    assert.equal(answer.headers.get("access-control-allow-origin"), null, what);
    assert.deepEqual(answer.headers.getSetCookie(), [], what);
  }
  assert.deepEqual(((await agent.local("users.list")) as { users: { name: string }[] }).users.map(({ name }) => name), ["hong"]);
  assert.ok(!JSON.stringify(await agent.local("pipelines.list")).includes("paused"));
  assert.equal(await who(agent, cookie), "hong");
  for (const origin of [evil, "null", `http://127.0.0.1:${agent.port + 1}`]) await assert.rejects(agent.socket({ cookie, origin }), origin);
  const upgrade = (origin: string, host: string): Promise<string> => raw(agent, `GET /api/ws HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${origin}\r\nCookie: ${cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
  assert.match(await upgrade(agent.origin, `127.0.0.1:${agent.port}`), /^HTTP\/1\.1 101 /);
  for (const [origin, host] of [[evil, "evil.example"], [agent.origin, "evil.example"], [evil, `127.0.0.1:${agent.port}`]] as const) assert.match(await upgrade(origin, host), /^HTTP\/1\.1 403 /, `${origin} ${host}`);
  assert.equal((await agent.post("/api/users", { name: "kim", role: "viewer", password: PASSWORD }, { cookie })).status, 200, "its own page may");
  assert.equal((await agent.fetch("/api/users", { method: "OPTIONS", headers: { origin: evil, "access-control-request-method": "POST" } })).headers.get("access-control-allow-origin"), null);
});

test("attacks: a set-up link works once, not after a newer one, and not after its time", usual, async () => {
  await using agent = await started();
  const issue = async (): Promise<string> => ((await agent.local("users.open-setup")) as { token: string }).token;
  const use = (token: unknown, name = "hong"): Promise<Response> => agent.post("/api/setup", { token, name, password: PASSWORD, language: "ko" });
  const [old, expired] = [await issue(), await issue()];
  assert.equal((await use(old)).status, 403);
  const store = await openSqliteStore(agent.folder.file("data", "dure.db"));
  await store.run("UPDATE dure_setup_links SET ends_ms = ?", [Date.now() - 1]);
  await store.close();
  assert.equal((await use(expired)).status, 403);
  const token = await issue();
  for (const odd of ["", "%", "' OR 1=1 --", { $ne: "" }, [token], null, true]) assert.ok([400, 403].includes((await use(odd)).status));
  const race = await Promise.all(["hong", "mallory", "eve"].map((name) => use(token, name)));
  assert.deepEqual(race.map(({ status }) => status).sort(), [200, 403, 403]);
  assert.equal((await use(token, "late")).status, 403);
  assert.equal(((await agent.local("users.list")) as { users: unknown[] }).users.length, 1);
  assert.deepEqual(await (await agent.fetch("/api/session")).json(), { isSetupOpen: false });
});

test("attacks: tokens and logins that have ended open nothing, and what they had open is closed", usual, async () => {
  await using agent = await started();
  await addUsers(agent, { hong: "admin", kim: "viewer" });
  const { token: past } = (await agent.local("tokens.create", { name: "past" })) as { token: string };
  const idle = await agent.login("kim");
  const store = await openSqliteStore(agent.folder.file("data", "dure.db"));
  await store.run("UPDATE dure_tokens SET ends_ms = ?", [Date.now() - 1]);
  await store.run("UPDATE dure_sessions SET seen_ms = ?", [Date.now() - 12 * 3_600_000 - 1]);
  await store.close();
  assert.equal((await agent.fetch("/api/pipelines", { headers: { authorization: `Bearer ${past}` } })).status, 401);
  assert.equal((await agent.fetch("/api/pipelines", { headers: { cookie: idle } })).status, 401);
  const { token } = (await agent.local("tokens.create", { name: "now" })) as { token: string };
  assert.equal((await agent.fetch(`/api/pipelines?token=${token}&access_token=${token}`)).status, 401, "a token in the address is none");

  const cookie = await agent.login("kim");
  const socket = await agent.socket({ cookie, origin: agent.origin });
  await socket.call("pipelines.list", {});
  socket.send({ id: "s", method: "pipelines.watch", params: {} });
  await until(() => socket.heard.some((message) => message.includes('"s"')), "the stream runs");
  const stream = await agent.fetch("/api/pipelines/watch", { headers: { cookie } });
  const ended = (async () => {
    for await (const _ of stream.body ?? []);
  })();
  await agent.local("users.set-password", { name: "kim", password: "another passphrase" });
  await Promise.all([socket.closed, ended]);
  assert.equal((await agent.fetch("/api/pipelines", { headers: { cookie } })).status, 401);
});

test("attacks: guessing is slowed down, many at once gain nothing, and unknown names are answered as known ones", usual, async () => {
  await using agent = await started();
  await addUsers(agent, { hong: "admin", kim: "viewer" });
  await agent.local("users.update", { name: "kim", isDisabled: true });
  const login = (name: string, password: string): Promise<Response> => agent.post("/api/login", { name, password });
  const told = async (answer: Response): Promise<unknown> => ({ status: answer.status, body: await answer.text(), headers: [...answer.headers].filter(([name]) => !["date", "x-request-id"].includes(name)) });
  const wrong = await told(await login("hong", "wrong password"));
  assert.deepEqual(await told(await login("nobody", "wrong password")), wrong);
  assert.deepEqual(await told(await login("kim", PASSWORD)), wrong);
  const begunMs = performance.now();
  const statuses = (await Promise.all(Array.from({ length: 30 }, (_, index) => login("hong", `guess number ${index}`)))).map(({ status }) => status);
  assert.ok(statuses.filter((status) => status === 401).length <= 5, String(statuses));
  assert.ok(statuses.every((status) => status === 401 || status === 429));
  const right = await login("hong", PASSWORD);
  // Not before the time; on a machine that is slow enough that may be over.
  assert.ok(right.status === 429 ? /^\d+$/.test(right.headers.get("retry-after") ?? "") : 1000 <= performance.now() - begunMs);
  const rows = ((await agent.local("audit.list", { command: "access.login", limit: 100 })) as { rows: { who: string; address: string; outcome: string }[] }).rows;
  assert.ok(rows.some(({ who, outcome }) => who === "hong" && outcome === "UNAUTHENTICATED") && rows.every(({ address }) => address === "127.0.0.1"));
  assert.ok(!JSON.stringify(rows).includes("nobody"));
});

test("attacks: no address leads out of the folder of the pages, and no name but ours is answered", usual, async () => {
  await using agent = await started();
  const host = `Host: 127.0.0.1:${agent.port}\r\nConnection: close\r\n\r\n`;
  const up = ["/..", "/%2e%2e", "/..%2f", "/%2e%2e%2f", "/..%5c", "/..\\", "/.%00./", "/assets/../..", "/assets/%2e%2e/%2e%2e", "//..", "/%252e%252e", "/\u00c0\u00ae\u00c0\u00ae"];
  for (const start of up) {
    for (const file of ["package.json", "../../../../../../../../etc/passwd", "dure.yml", "src/main.ts"]) {
      const answer = await raw(agent, `GET ${start}/${file} HTTP/1.1\r\n${host}`);
      assert.match(answer, /^HTTP\/1\.1 [34]\d\d /, `${start}/${file}`);
      assert.ok(!answer.includes("root:") && !answer.includes('"dependencies"') && !answer.includes("import "), `${start}/${file}`);
    }
  }
  for (const file of ["/etc/passwd", "/.git/config", "/dure.db", "/data/dure.db", "/index.html/../../package.json", "file:///etc/passwd", "http://evil.example/"]) assert.ok(!(await raw(agent, `GET ${file} HTTP/1.1\r\n${host}`)).includes("root:"), file);
  for (const foreign of ["evil.example", `evil.example:${agent.port}`, `127.0.0.1.evil.example:${agent.port}`, `localhost.evil.example`, "", `127.0.0.1@evil.example`, "evil.example#127.0.0.1"]) {
    for (const path of ["/", "/api/session", "/health", "/metrics", "/api/pipelines", "/api/ws"]) {
      const answer = await raw(agent, `GET ${path} HTTP/1.1\r\nHost: ${foreign}\r\nConnection: close\r\n\r\n`);
      assert.match(answer, /^HTTP\/1\.1 4\d\d /, `${foreign} ${path}`);
    }
  }
  assert.match(await raw(agent, "GET /api/session HTTP/1.1\r\nConnection: close\r\n\r\n"), /^HTTP\/1\.1 4\d\d /);
  assert.match(await raw(agent, `GET http://evil.example/api/session HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`), /^HTTP\/1\.1 4\d\d /);
  assert.match(await raw(agent, `GET /api/session HTTP/1.1\r\nHost: localhost:${agent.port}\r\nConnection: close\r\n\r\n`), /^HTTP\/1\.1 200 /);
});

test("attacks: every answer keeps the browser from doing more than it should, and no answer tells of what is inside", usual, async () => {
  await using agent = await started();
  await addUsers(agent, { hong: "admin" });
  const cookie = await agent.login("hong");
  for (const [path, init] of [["/", {}], ["/api/session", {}], ["/api/nowhere", {}], ["/api/users", { headers: { cookie } }], ["/api/pipelines/%E0%A4%A", { headers: { cookie } }], ["/api/users", { method: "POST", headers: { cookie, origin: agent.origin, "content-type": "application/json" }, body: "{" }], ["/api/users", { method: "POST", headers: { cookie, origin: agent.origin, "content-type": "application/json" }, body: '{"__proto__": {"role": "admin"}, "constructor": {"prototype": {}}}' }]] as const) {
    const answer = await agent.fetch(path, init);
    const text = await answer.text();
    const { headers } = answer;
    assert.match(headers.get("content-security-policy") ?? "", /default-src 'self'/, path);
    assert.ok(!/unsafe-(?:inline|eval)/.test(headers.get("content-security-policy") ?? ""), path);
    assert.deepEqual([headers.get("x-content-type-options"), headers.get("x-frame-options"), headers.get("x-powered-by"), headers.get("server")], ["nosniff", "DENY", null, null], path);
    assert.ok(!/\bat .*\.(?:ts|js|mjs):\d+|node_modules|node:internal/.test(text), `${path}: ${text}`);
    if (path.startsWith("/api/")) assert.match(headers.get("cache-control") ?? "", /no-store/, path);
  }
  assert.equal(({} as { role?: string }).role, undefined);
});

test("attacks: who has the doctor look a dozen times at once has a process started, and not a dozen", { ...usual, skip: process.platform !== "linux" && "children are counted in /proc" }, async () => {
  await using agent = await started();
  const { pid } = (await agent.local("agent.show")) as { pid: number };
  const before = childrenOf(pid).length;
  let most = 0;
  let areAnswered = false;
  const looks = Promise.all(Array.from({ length: 12 }, () => agent.local("agent.doctor"))).finally(() => (areAnswered = true));
  while (!areAnswered) {
    most = Math.max(most, childrenOf(pid).length - before);
    await new Promise(setImmediate);
  }
  assert.equal((await looks).length, 12);
  assert.ok(most <= 3, `${most} processes`); // Beside it may be one that reads configs.
});

function childrenOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter((child) => child !== ""));
}
