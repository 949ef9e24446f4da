import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { text } from "node:stream/consumers";
import { ask, post, testRoom } from "./testing.ts";

const whole = { name: "홍 길동/1", count: 1, isGood: true, tags: [], by: "a viewer" };

test("http: a command is asked at its place, its parameters come from path, query and body", async () => {
  await using room = await testRoom();
  const [list, show, create, update, remove, weigh, long] = await Promise.all([
    ask(room, "/api/things?count=3&isGood=true&tags=a&tags=b,c", { role: "viewer" }),
    ask(room, `/api/things/${encodeURIComponent("홍 길동/1")}`, { role: "viewer" }),
    post(room, "/api/things", { name: "new", count: 2 }, { role: "operator" }),
    post(room, "/api/things/old", { tags: ["x"] }, { role: "operator", method: "PATCH" }),
    ask(room, "/api/things/old", { method: "DELETE" }),
    ask(room, "/api/things/old/weigh?text=abc"),
    post(room, "/api/things/old/weigh", { text: "x".repeat(100_000) }),
  ]);
  assert.deepEqual(await list.json(), [{ name: "all", count: 3, isGood: true, tags: ["a", "b,c"], by: "a viewer" }]);
  assert.deepEqual(await show.json(), whole);
  assert.deepEqual(await create.json(), { name: "new", count: 2, isGood: false, tags: [], by: "a operator" });
  assert.deepEqual(await update.json(), { name: "old", count: 0, isGood: false, tags: ["x"], by: "a operator" });
  assert.equal(await remove.json(), null);
  assert.deepEqual(await weigh.json(), { name: "old", length: 3 });
  assert.deepEqual(await long.json(), { name: "old", length: 100_000 });
  assert.deepEqual(room.bench.audited.map(({ command, caller, outcome }) => `${caller.name} ${command} ${outcome}`).sort(), ["a admin things.remove ok", "a operator things.create ok", "a operator things.update ok"]);
});

test("http: a query in Korean as curl sends it is no HTTP, and is answered with how to write it", async () => {
  await using room = await testRoom();
  const { port, hostname } = new URL(room.url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  socket.end("GET /api/things?name=거부 HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
  const [head = "", body = ""] = (await text(socket)).split("\r\n\r\n");
  assert.match(head, /^HTTP\/1\.1 400 /);
  const { error } = JSON.parse(body) as { error: { code: string; hint: string; ko: { hint: string } } };
  assert.deepEqual([error.code, error.hint.includes("--data-urlencode"), /한글/.test(error.ko.hint)], ["INVALID", true, true]);
});

const JSON_BODY = { "content-type": "application/json" };
const failures: readonly (readonly [string, RequestInit & { role?: "viewer" | "admin" | null }, string, number, string])[] = [
  ["nobody", { role: null }, "/api/things", 401, "UNAUTHENTICATED"],
  ["nobody, before his body is read", { role: null, method: "POST", body: "{", headers: JSON_BODY }, "/api/things", 401, "UNAUTHENTICATED"],
  ["an unknown token", { headers: { authorization: "Bearer nobody" } }, "/api/things", 401, "UNAUTHENTICATED"],
  ["a role too low", { role: "viewer", method: "DELETE" }, "/api/things/x", 403, "FORBIDDEN"],
  ["a thing that is not there", {}, "/api/things/nothing", 404, "NOT_FOUND"],
  ["an error that nobody foresaw", {}, "/api/things/broken", 500, "FAILED"],
  ["an unknown parameter", {}, "/api/things?cuont=1", 400, "INVALID"],
  ["a text for a number", {}, "/api/things?count=many", 400, "INVALID"],
  ["a number twice", {}, "/api/things?count=1&count=2", 400, "INVALID"],
  ["a body that is no JSON", { method: "POST", body: "{", headers: JSON_BODY }, "/api/things", 400, "INVALID"],
  ["a body that is no map", { method: "POST", body: "[1]", headers: JSON_BODY }, "/api/things", 400, "INVALID"],
  ["a body that pollutes", { method: "POST", body: '{"__proto__": {"name": "x"}}', headers: JSON_BODY }, "/api/things", 400, "INVALID"],
  ["an empty body", { method: "POST", body: "", headers: JSON_BODY }, "/api/things", 400, "INVALID"],
  ["a form", { method: "POST", body: "name=x", headers: { "content-type": "application/x-www-form-urlencoded" } }, "/api/things", 415, "INVALID"],
  ["a text", { method: "POST", body: '{"name":"x"}', headers: { "content-type": "text/plain" } }, "/api/things", 415, "INVALID"],
  ["a body too long", { method: "POST", body: JSON.stringify({ name: "x".repeat(5 << 20) }), headers: JSON_BODY }, "/api/things", 413, "INVALID"],
  ["a change's parameters in the address", { method: "POST", body: "{}", headers: JSON_BODY }, "/api/things?name=x", 400, "INVALID"],
  ["another address", {}, "/api/nothing", 404, "NOT_FOUND"],
  ["another method", { method: "PUT" }, "/api/things", 404, "NOT_FOUND"],
  ["an address that is not well formed", {}, "/api/things/%E0%A4%A", 400, "INVALID"],
  ["a key too long", {}, `/api/things/${"x".repeat(3000)}`, 414, "INVALID"],
  ["a foreign page", { method: "POST", body: '{"name":"x"}', headers: { ...JSON_BODY, origin: "http://evil.example" } }, "/api/things", 403, "FORBIDDEN"],
  ["a foreign page, by the browser's own word", { method: "POST", body: '{"name":"x"}', headers: { ...JSON_BODY, "sec-fetch-site": "same-site" } }, "/api/things", 403, "FORBIDDEN"],
  ["a cookie that does not say from where", { role: null, method: "POST", body: '{"name":"x"}', headers: { ...JSON_BODY, cookie: "dure-1=admin" } }, "/api/things", 403, "FORBIDDEN"],
];
for (const [who, init, path, status, code] of failures) {
  test(`http: ${who} is answered with ${status} ${code}`, async () => {
    await using room = await testRoom();
    const answer = await ask(room, path, init);
    const text = await answer.text();
    const { error } = JSON.parse(text) as { error: { code: string; message: string; ko?: { message: string } } };
    assert.deepEqual([answer.status, error.code], [status, code], text);
    assert.ok(error.ko !== undefined || status === 400 || status === 404, text);
    assert.doesNotMatch(text, /s3cret|\.ts:|at .*\(/);
    assert.equal(answer.headers.get("www-authenticate"), status === 401 ? 'Bearer realm="dure"' : null);
    assert.match(answer.headers.get("x-request-id") ?? "", /^\S{8}-\d+$/);
    assert.match(answer.headers.get("content-security-policy") ?? "", /^default-src 'self';/);
    if (code === "FAILED") assert.deepEqual(room.bench.logged, ["a command failed inner words that are nobody's business: s3cret"]);
  });
}

test("http: a login's own page may change something, with its cookie", async () => {
  await using room = await testRoom();
  const answer = await post(room, "/api/things", { name: "x" }, { role: null, headers: { cookie: `dure-${room.door.port}=operator`, origin: room.url, "sec-fetch-site": "same-origin" } });
  assert.equal(answer.status, 200);
});

test("http: a name that is not ours is refused for whatever it asks", async () => {
  await using room = await testRoom({ plan: { allowedHosts: ["dure.example.com"] } });
  const { request } = await import("node:http");
  const statusFor = (host: string, path: string) => new Promise((resolve, reject) => request({ port: room.door.port, path, headers: { host, authorization: "Bearer admin" } }, (response) => resolve(response.resume().statusCode)).on("error", reject).end());
  for (const path of ["/", "/api/things", "/metrics", "/health", "/api/openapi.json", "/nothing"]) assert.equal(await statusFor("evil.example", path), 403, path);
  assert.equal(await statusFor("dure.example.com", "/api/things"), 200);
});

test("http: a call whose client has gone is aborted", async () => {
  await using room = await testRoom();
  const away = new AbortController();
  const asked = ask(room, "/api/things/wait", { signal: away.signal });
  while (room.bench.waiting.length === 0) await new Promise(setImmediate);
  away.abort();
  await assert.rejects(asked);
  const { signal } = room.bench.waiting[0] ?? {};
  if (signal?.aborted === false) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
});

test("http: a login is answered with its cookie", async () => {
  await using room = await testRoom();
  const answer = await post(room, "/api/login", { name: "hong" }, { role: null, headers: { origin: room.url } });
  assert.deepEqual([answer.status, await answer.json(), answer.headers.get("set-cookie")], [200, { name: "hong" }, "x=viewer; HttpOnly"]);
  assert.equal((await post(room, "/api/login", {}, { role: null, headers: { origin: "http://evil.example" } })).status, 403);
});

for (const [site, status] of [["same-site", 403], ["cross-site", 403], ["same-origin", 200], ["none", 200]] as const) {
  test(`http: a picture in a page asks with the reader's cookie, which the browser says is ${site}: ${status}`, async () => {
    await using room = await testRoom();
    const asked = ["/api/things", "/%61pi/things", "/api/things/x/weigh"].map(async (path) => (await ask(room, path, { role: null, headers: { cookie: `dure-${room.door.port}=operator`, "sec-fetch-site": site } })).status);
    assert.deepEqual(await Promise.all(asked), [status, status, status]);
  });
}
