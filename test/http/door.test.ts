// Where a real agent opens its door, and when it does not start for it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { folder } from "../cli/run-dure.ts";
import { apiAgent } from "./agent.ts";

const skip = process.platform === "win32" && "the agent is stopped by a signal";
const PIPELINES = "pipelines:\n  p:\n    - in.Dummy: { count: 0, rate: 5 }\n    - out.File: p.out\n";

test("an agent whose config names a port that another program has does not start, and no pipeline has run", { skip }, async () => {
  await using here = folder();
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  here.write("dure.yml", `http: ${port}\n${PIPELINES}`);
  const { code, stderr } = await here.dure(["run"]);
  other.close();
  assert.equal(code, exitCode.failed);
  assert.match(stderr, new RegExp(`the dashboard cannot be shown on 127\\.0\\.0\\.1:${port}: another program has this port[^]*http: false`));
  assert.doesNotMatch(stderr, /p +1:in\.Dummy/);
});

test("an agent started in the background on a taken port says why at once, and in its log", { skip }, async () => {
  await using here = folder();
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  here.write("dure.yml", `http: ${port}\n${PIPELINES}`);
  const [told, korean] = [await here.dure(["start"]), await here.dure(["start", "--json", "--lang", "ko"])];
  other.close();
  assert.deepEqual([told.code, korean.code], [exitCode.failed, exitCode.failed]);
  const holder = process.platform === "linux" ? ` \\(process ${process.pid}, ` : "";
  assert.match(told.stderr, new RegExp(`^dure: not started: the dashboard cannot be shown on 127\\.0\\.0\\.1:${port}: another program has this port${holder}.*\n +Give \`http:\` a free \`port\`.*\n +log: .*dure\\.log\n$`));
  const { error } = JSON.parse(korean.stdout) as { error: { message: string; hint: string } };
  assert.match(error.message, /^시작하지 못했습니다: .*다른 프로그램이 쓰는 포트입니다/);
  assert.match(error.hint, /빈 `port`/);
  const lines = readFileSync(here.file(".dure", "dure.log"), "utf8").trim().split("\n").map((line) => JSON.parse(line) as { level: string; reason?: string });
  assert.deepEqual(lines.filter(({ level }) => level === "error").map(({ reason }) => reason?.includes(`127.0.0.1:${port}`)), [true, true]);
});

test("an agent beyond this machine does not start before there is a user, and says how it would", { skip }, async () => {
  await using here = folder();
  here.write("dure.yml", `http: { host: 0.0.0.0, port: 0, tls: { cert: a.crt, key: a.key } }\n${PIPELINES}`);
  here.write("a.crt", "nothing");
  here.write("a.key", "nothing");
  const { code, stderr } = await here.dure(["run"]);
  assert.equal(code, exitCode.failed);
  assert.match(stderr, /there is no user yet who could log in[^]*insecure: true/);
});

test("an agent with `http: false` listens nowhere, and one with it ends with its readers", { skip }, async () => {
  await using here = folder();
  here.write("off.yml", `http: false\nagent: { data_dir: off }\n${PIPELINES}`);
  const off = here.spawn(["run", "off.yml"]);
  await off.printed(/agent started/);
  const agent = await apiAgent(here, PIPELINES);
  const reader = await agent.ask("/api/pipelines/watch");
  assert.equal(reader.status, 200);
  for (const { child, ended } of [off, agent.running]) {
    child.kill("SIGTERM");
    const { code, stderr } = await ended;
    assert.equal(code, exitCode.terminated);
    assert.equal(/the dashboard and the API are here/.test(stderr), child !== off.child);
  }
  await reader.text().catch(() => undefined); // Broken off or ended: in either case it ends.
});
