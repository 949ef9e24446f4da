// The first day with an agent on the command line: the link that lets the first user in, and users made without a password on a command line.
import assert from "node:assert/strict";
import { test } from "node:test";
import { folder, until } from "./run-dure.ts";
import { noTerminal, onTerminal } from "./on-terminal.ts";

const skip = process.platform === "win32" && "the agent is stopped by a signal";
const CONFIG = "http: { port: 0 }\npipelines:\n  web: [in.FileTail: app.log, out.Null]\n";
const PASSWORD = "긴 비밀번호 하나 둘";

test("start: says where the dashboard is, with a link that lets the first user in once; later without", { skip }, async () => {
  await using here = folder();
  here.write("dure.yml", CONFIG);
  const { stderr } = await here.dure(["start"]);
  try {
    const [, address = ""] = /^dashboard: (\S+)$/m.exec(stderr) ?? [];
    const [, link = ""] = /(http\S+setup#\S+)/.exec(stderr) ?? [];
    assert.ok(link.startsWith(`${address}setup#`), stderr);
    // A newer link ends the one before.
    const newer = (await here.dure(["open", "--print"])).stdout.trim();
    const setUp = async (by: string): Promise<number> => {
      const body = JSON.stringify({ token: by.slice(by.indexOf("#") + 1), name: "hong", password: PASSWORD, language: "ko" });
      return (await fetch(new URL("/api/setup", address), { method: "POST", headers: { "content-type": "application/json" }, body })).status;
    };
    assert.deepEqual([await setUp(link), await setUp(newer), await setUp(newer)], [403, 200, 403]);
    assert.equal((await here.dure(["open", "--print"])).stdout.trim(), address);
    const { result } = JSON.parse((await here.dure(["audit", "list", "--json"])).stdout) as { result: unknown };
    assert.doesNotMatch(JSON.stringify(result), /CONFLICT/, "looking at the dashboard is no refused change");
    assert.match((await here.dure(["users", "list"])).stdout, /hong +admin/);
  } finally {
    await here.dure(["stop"]);
  }
  const again = await here.dure(["start"]);
  await here.dure(["stop"]);
  assert.match(again.stderr, /^dashboard: /m);
  assert.doesNotMatch(again.stderr, /setup#/);
});

test("users create: a password is typed twice without being seen, or comes from standard input; never from the command line", { skip: noTerminal }, async () => {
  await using here = folder();
  here.write("dure.yml", CONFIG);
  await here.dure(["start", "-q"]);
  try {
    const program = onTerminal(here, "users create hong --role operator --lang en");
    await program.printed(/: $/m);
    program.child.stdin.write(`${PASSWORD}x\x7f\r`);
    await program.printed(/Once more: /);
    program.child.stdin.write(`${PASSWORD}\r`);
    const { code, stdout } = await program.ended;
    assert.equal(code, 0, stdout);
    assert.ok(!stdout.includes("비밀번호"), stdout);
    const other = onTerminal(here, "users create kim --lang en");
    await other.printed(/: $/m);
    other.child.stdin.write("one long password\r");
    await other.printed(/Once more: /);
    other.child.stdin.write("another password\r");
    assert.match((await other.ended).stdout, /not the same; nothing was done/);
    // Who knows the questions types both answers at once.
    const fast = onTerminal(here, "users create choe --lang en");
    await fast.printed(/: $/m);
    fast.child.stdin.write(`${PASSWORD}\r${PASSWORD}\r`);
    const typedAhead = await fast.ended;
    assert.equal(typedAhead.code, 0, typedAhead.stdout);
    assert.ok(!typedAhead.stdout.includes("비밀번호"), typedAhead.stdout);
    const piped = here.spawn(["users", "create", "lee", "--password-stdin", "--json"]);
    piped.child.stdin.end("a long password of lee\n");
    assert.equal((await piped.ended).code, 0);
    const shown = await here.dure(["users", "create", "park", "--password", "a long password"]);
    assert.deepEqual([shown.code, /`--password` is not given on the command line/.test(shown.stderr)], [2, true]);
    assert.match((await here.dure(["users", "create", "park"])).stderr, /--password-stdin/);
    await until(async () => /hong[^]*lee/.test((await here.dure(["users", "list"])).stdout), "both are there");
    assert.doesNotMatch((await here.dure(["users", "list"])).stdout, /kim|park/);
    const audit = (await here.dure(["audit", "export"])).stdout;
    assert.ok(!audit.includes("비밀번호") && !audit.includes("long password"), "no password is in the audit");
  } finally {
    await here.dure(["stop"]);
  }
});
