// The command line and an agent elsewhere: what `--url` answers is what the agent's own machine answers, in output, exit code and error.
import assert from "node:assert/strict";
import { once } from "node:events";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { allCommands } from "#edges/all-commands.ts";
import { takesAddress } from "#edges/cli/command.ts";
import type { CommandSpec } from "#edges/cli/command.ts";
import { commands } from "#edges/cli/commands.ts";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { selfSigned } from "#test/receivers/self-signed.ts";
import { freePort } from "#test/servers/free-port.ts";
import { ROOT, folder, until } from "./run-dure.ts";
import type { Ended, Folder } from "./run-dure.ts";

const skip = process.platform === "win32" && "the agent is stopped by a signal";
let here: Folder;
let elsewhere: readonly string[];
let trusted: readonly string[] = [];
let writing: NodeJS.Timeout | undefined;

before(async () => {
  here = folder();
  const keys = await selfSigned(here.path);
  here.write("app.log", "");
  here.write("dure.yml", `http: { port: 0${keys === undefined ? "" : ", tls: { cert: localhost.crt, key: localhost.key }"} }\npipelines:\n  웹:\n    - in.FileTail: { path: app.log, start: beginning }\n    - parse.Json\n    - out.File: { path: out.jsonl }\n  other:\n    - in.FileTail: { path: nothing.log }\n    - out.Null\n`);
  if (skip !== false) return;
  trusted = keys === undefined ? [] : ["--ca", keys.certFile];
  const { stdout } = await here.dure(["start", "--json"]);
  const { address } = JSON.parse(stdout) as { address: string };
  const { result } = JSON.parse((await here.dure(["tokens", "create", "test", "--role", "admin", "--json"])).stdout) as { result: { token: string } };
  here.write("admin.token", `${result.token}\n`);
  const viewer = JSON.parse((await here.dure(["tokens", "create", "looks", "--json"])).stdout) as { result: { token: string } };
  here.write("viewer.token", viewer.result.token);
  elsewhere = ["--url", address, "--token-file", here.file("admin.token"), ...trusted];
  appendFileSync(here.file("app.log"), '{"a":1}\n{"a":2}\n');
  await until(() => existsSync(here.file("out.jsonl")), "records are written");
  // Of two asked one after the other, only the second may have rates while the agent has just begun.
  await until(async () => (await here.dure(["ls", "--json"])).stdout.includes("recordsInPerSecond"), "the agent knows rates");
});

after(async () => {
  clearInterval(writing);
  if (skip === false) await here.dure(["stop"]);
  await here[Symbol.asyncDispose]();
});

/** What changes from one moment to the next is left out: how long it runs, rates, memory. */
function steady(text: string): string {
  return text.replaceAll(/ in \d\S*, out \d\S*| \d\S*\/s/g, "").replaceAll(/\d[\d,.]*/g, "0").replaceAll(/ +|–/g, " ").replaceAll(/ $/gm, "");
}

async function both(words: readonly string[]): Promise<readonly [Ended, Ended]> {
  return Promise.all([here.dure(words), here.dure([...words, ...elsewhere])]);
}

const alike: readonly (readonly string[])[] = [
  ["ls"],
  ["ls", "웹"],
  ["ls", "nope"],
  ["status"],
  ["status", "--strict"],
  ["graph"],
  ["graph", "웹", "--format", "mermaid"],
  ["graph", "--live"],
  ["metrics", "dure_build_info"],
  ["metrics", "nope"],
  ["reload", "--plan"],
  ["top"],
  ["events"],
  ["history"],
  ["logs", "--level", "error"],
  ["logs", "nope"],
  ["tap", "nope:1"],
  ["tap", "웹:nope"],
  ["tap", "웹:2", "--for", "300ms"],
  ["buffers"],
  ["buffers", "verify"],
  ["dead-letters"],
  ["dead-letters", "show", "last"],
  ["dead-letters", "remove", "--all", "--yes"],
  ["dead-letters", "replay"],
  ["agent", "show"],
  ["pipelines", "show", "nope"],
  ["pipelines", "pause", "nope"],
  ["users", "list"],
  ["users", "create", "kim", "--role", "boss"],
  ["audit", "list", "--limit", "many"],
  ["audit", "verify"],
];
/** Between two looks a second, a rate or an event may pass: what is not alike is looked at again. */
const TRIES = 3;

async function again(look: () => Promise<void>): Promise<void> {
  for (let left = TRIES; ; left -= 1) {
    try {
      return await look();
    } catch (error) {
      if (left <= 1) throw error;
    }
  }
}

for (const words of alike) {
  test(`elsewhere: dure ${words.join(" ")} answers as it does here`, { skip }, async () => {
    await again(async () => {
      const [local, remote] = await both(words);
      assert.deepEqual([remote.code, steady(remote.stdout)], [local.code, steady(local.stdout)], remote.stderr);
      assert.equal(steady(remote.stderr.replace(/^.*rates in a moment.*\n/m, "")).replace(/no line .*fits?/, ""), steady(local.stderr.replace(/^.*rates in a moment.*\n/m, "")).replace(/no line .*fits?/, ""));
    });
    if (["events", "tap", "logs"].includes(words[0] ?? "") || words.includes("--live")) return; // Many lines, or without an end.
    await again(async () => {
      const [localJson, remoteJson] = await both([...words, "--json"]);
      const keysOf = ({ stdout }: Ended): unknown => JSON.parse(stdout, (_, value: unknown) => (typeof value === "number" ? 0 : value));
      if (localJson.stdout !== "" || remoteJson.stdout !== "") assert.deepEqual(keysOf(remoteJson), keysOf(localJson));
    });
  });
}

test("elsewhere: records and log lines come as they pass, and a stream ends when it is told to", { skip }, async () => {
  writing = setInterval(() => appendFileSync(here.file("app.log"), '{"a":1}\n{"a":2}\n'), 20);
  const taps = await both(["tap", "웹:2", "--limit", "3", "--json"]);
  for (const { code, stdout } of taps) {
    assert.equal(code, 0);
    const records = stdout.trimEnd().split("\n").map((line) => (JSON.parse(line) as { after: { a: number } }).after.a);
    assert.equal(records.length, 3);
  }
  const following = here.spawn(["events", "-f", ...elsewhere]);
  await following.printed(/agent\.started/);
  assert.equal((await here.dure(["pipelines", "pause", "other", ...elsewhere])).code, 0);
  await following.printed(/pipeline\.paused .*by=token:test/);
  assert.equal((await here.dure(["pipelines", "resume", "other"])).code, 0);
  await following.printed(/pipeline\.resumed /);
  following.child.kill("SIGINT");
  assert.equal((await following.ended).code, exitCode.interrupted);
  const logs = here.spawn(["logs", "-f", ...elsewhere]);
  await logs.printed(/agent started/);
  logs.child.kill("SIGTERM");
  assert.equal((await logs.ended).code, exitCode.terminated);
});

test("elsewhere: doctor looks at the agent's own machine, and its bundle comes over", { skip }, async () => {
  const findingsOf = ({ stdout }: Ended): { id: string; outcome: string }[] => (JSON.parse(stdout) as { findings: { id: string; outcome: string }[] }).findings.map(({ id, outcome }) => ({ id, outcome }));
  let remote: Ended | undefined;
  await again(async () => {
    let local: Ended;
    [local, remote] = await both(["doctor", "--json"]);
    assert.deepEqual([remote.code, findingsOf(remote)], [local.code, findingsOf(local)]);
  });
  assert.match((await here.dure(["doctor", ...elsewhere])).stdout, /✓ the agent answers/);
  const { code } = await here.dure(["doctor", "--bundle", here.file("far.zip"), ...elsewhere]);
  assert.deepEqual([code, readFileSync(here.file("far.zip")).subarray(0, 2).toString()], [remote?.code, "PK"]);
  assert.equal((await here.dure(["doctor", "dure.yml", ...elsewhere])).code, exitCode.wrongUse);
});

test("elsewhere: a config of this machine is checked for the one there, and what stands there without one", { skip }, async () => {
  here.write("ok.yml", readFileSync(here.file("dure.yml"), "utf8"));
  here.write("broken.yml", "\uFEFFpipelines:\n  web:\n    - in.FileTail: { pth: app.log }\n    - out.File: { path: no/where/out.jsonl }\n");
  here.write("ugly.yml", "pipelines:\r\n    web:   [in.FakeData, out.Null]\r\n");
  const cases: readonly (readonly string[])[] = [["validate", "ok.yml"], ["validate", "broken.yml", "ok.yml"], ["validate", "broken.yml", "--no-environment", "--format", "github"], ["validate", "-c", "broken.yml"], ["lint", "ugly.yml"], ["fmt", "ugly.yml", "--diff"], ["fmt", "ugly.yml", "ok.yml", "--check"], ["schema"]];
  for (const words of cases) {
    const [local, remote] = await both(words);
    assert.deepEqual([remote.code, steady(remote.stdout), steady(remote.stderr)], [local.code, steady(local.stdout), steady(local.stderr)], words.join(" "));
  }
  const [local, remote] = await both(["validate", "broken.yml", "--json"]);
  const told = ({ stdout }: Ended): unknown => JSON.parse(stdout, (key, value: unknown) => (key === "ms" ? 0 : value));
  assert.deepEqual(told(remote), told(local));
  assert.equal((await here.dure(["fmt", "ugly.yml", "--write", ...elsewhere])).code, 0);
  assert.equal((await here.dure(["fmt", "ugly.yml", "--check"])).code, 0);
  const [theirs, ours] = await both(["validate", "--no-environment"]);
  assert.deepEqual([theirs.code, steady(theirs.stderr)], [ours.code, steady(ours.stderr)]);
  const shown = await here.dure(["fmt", ...elsewhere]);
  assert.deepEqual([shown.code, shown.stdout], [0, (await here.dure(["fmt", "dure.yml"])).stdout]);
  for (const words of [["fmt", "--write"], ["fmt", "ugly.yml", "--fix"]]) assert.equal((await here.dure([...words, ...elsewhere])).code, exitCode.wrongUse, words.join(" "));
  const [url = "--url", address = ""] = elsewhere;
  const asViewer = await here.dure(["validate", "ok.yml", url, address, "--token-file", here.file("viewer.token"), ...trusted]);
  assert.equal(asViewer.code, exitCode.notPermitted, asViewer.stderr);
});

test("elsewhere: who may not is told the same as by the dashboard, with 77", { skip }, async () => {
  const [url = "--url", address = ""] = elsewhere;
  const asViewer = [url, address, "--token-file", here.file("viewer.token"), ...trusted];
  const refused = await here.dure(["pipelines", "pause", "웹", ...asViewer, "--json"]);
  assert.equal(refused.code, exitCode.notPermitted);
  const { error } = JSON.parse(refused.stdout) as { error: { code: string; message: string; exitCode: number } };
  assert.deepEqual([error.code, error.exitCode], ["FORBIDDEN", 77]);
  assert.match(error.message, /needs the role operator; token:looks is viewer/);
  assert.equal((await here.dure(["ls", ...asViewer])).code, 0);
  const nobody = await here.dure(["ls", url, address, ...trusted]);
  assert.equal(nobody.code, exitCode.notPermitted);
  assert.match(nobody.stderr, /--token-file/);
  const wrong = await here.dure(["tap", "웹:1", url, address, ...trusted], { env: { DURE_TOKEN: "dure_wrong" } });
  assert.equal(wrong.code, exitCode.notPermitted);
  assert.match(wrong.stderr, /expired or revoked/);
});

test("elsewhere: a certificate that nobody knows, and a protocol that is another, are said with what to do", { skip }, async (t) => {
  if (trusted.length === 0) return t.skip("openssl is not installed");
  const [url = "--url", address = ""] = elsewhere;
  const token = ["--token-file", here.file("admin.token")];
  const unknown = await here.dure(["ls", url, address, ...token]);
  assert.equal(unknown.code, exitCode.unreachable);
  assert.match(unknown.stderr, /certificate .* is not trusted[^]*--ca/);
  const plain = await here.dure(["ls", url, address.replace("https", "http"), ...token]);
  assert.equal(plain.code, exitCode.unreachable);
  assert.match(plain.stderr, /https:\/\//);
  const noCertificate = await here.dure(["ls", url, address, ...token, "--ca", here.file("app.log")]);
  assert.equal(noCertificate.code, exitCode.wrongUse, noCertificate.stderr);
});

test("elsewhere: nobody there is 69, of status 4; what answers and is no agent is said to be none", { skip }, async () => {
  const free = `http://127.0.0.1:${await freePort()}`;
  const [ls, status] = await Promise.all([here.dure(["ls", "--url", free]), here.dure(["status", "--url", free])]);
  assert.deepEqual([ls.code, status.code], [exitCode.unreachable, exitCode.cannotTell]);
  const server = createServer((_, response) => response.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad Gateway</h1>")).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { code, stderr } = await here.dure(["ls", "--url", `http://127.0.0.1:${(server.address() as AddressInfo).port}/`]);
    assert.equal(code, exitCode.unreachable);
    assert.match(stderr, /not as an agent does \(HTTP 502\)/);
  } finally {
    server.close();
  }
});

test("elsewhere: an address behind a proxy's path, from the environment; -c goes before it", { skip }, async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ atMs: 0, pipelines: [] }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const env = { DURE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/dure/`, DURE_TOKEN: "dure_t" };
    assert.equal((await here.dure(["ls"], { env })).code, 0);
    assert.deepEqual(asked, ["GET /dure/api/pipelines Bearer dure_t"]);
    assert.match((await here.dure(["ls", "-c", "dure.yml"], { env })).stdout, /웹/);
    assert.equal((await here.dure(["validate", "--no-environment"], { env })).code, 0);
    assert.equal(asked.length, 1);
  } finally {
    server.close();
  }
});

/** Every command by hand: what it does with `--url`. */
const WITH_ADDRESS = {
  asks: ["backup", "buffers", "config edit", "dead-letters", "doctor", "events", "graph", "history", "logs", "ls", "metrics", "open", "processes add", "processes attach", "processes logs", "processes ls", "processes say", "programs put", "recoveries run", "reload", "status", "tap", "top"],
  mayAsk: ["fmt", "lint", "schema", "validate"],
  refuses: ["completion", "create", "desc", "explain", "help", "import", "init", "list", "man", "new", "restore", "run", "start", "stop", "test", "try", "version"],
} as const;

test("elsewhere: each command is known to ask an agent, to work here or there, or to work on this machine only; the pages say the same", () => {
  const kindOf = ({ of, elsewhere: there }: CommandSpec): keyof typeof WITH_ADDRESS => (of !== undefined ? "asks" : there !== undefined ? "mayAsk" : "refuses");
  const byKind = Object.groupBy(commands, kindOf);
  for (const kind of Object.keys(WITH_ADDRESS) as (keyof typeof WITH_ADDRESS)[]) assert.deepEqual((byKind[kind] ?? []).map(({ name }) => name).sort(), WITH_ADDRESS[kind], kind);
  for (const { name, elsewhere: there } of commands) if (there !== undefined) assert.ok(allCommands.some((command) => command.name === there), name);
  for (const page of ["dashboard-and-api.md", "dashboard-and-api.ko.md"]) {
    const text = readFileSync(join(ROOT, "docs", page), "utf8");
    for (const name of [...WITH_ADDRESS.mayAsk, ...WITH_ADDRESS.refuses]) assert.ok(text.includes(`\`${name}\``), `${page} does not say what \`${name}\` does with --url`);
  }
});

test("elsewhere: commands of this machine refuse --url and say why", async () => {
  for (const { arguments: written, ...command } of commands) {
    const { name } = command;
    if (takesAddress(command)) continue;
    const words = [name, ...(written?.startsWith("<") === true ? ["bash"] : []), "--url", "https://elsewhere:8600"];
    const { code, stderr } = await here.dure(words);
    assert.equal(code, exitCode.wrongUse, name);
    assert.match(stderr, /works on this machine/, name);
  }
});

for (const [words, reason] of [
  [["ls", "--url", "elsewhere:8600"], /no address of an agent/],
  [["ls", "--url", "https://me:secret@elsewhere"], /holds no name or password/],
  [["ls", "--token", "dure_x"], /name it with --url/],
  [["ls", "--url", "https://elsewhere", "-c", "dure.yml"], /either the agent of dure\.yml/],
  [["ls", "--url", "https://elsewhere", "--token", "a b"], /this is no token/],
  [["ls", "--url", "https://elsewhere", "--token", "a", "--token-file", "b"], /either --token or --token-file/],
] as const) {
  test(`elsewhere: dure ${words.join(" ")} is wrong use, and no secret is said`, async () => {
    const { code, stderr } = await here.dure(words, { env: { DURE_URL: "", DURE_TOKEN: "" } });
    assert.equal(code, exitCode.wrongUse);
    assert.match(stderr, reason);
    assert.doesNotMatch(stderr, /secret|dure_x/);
  });
}
