// A thousand processes: started, listed in each way, stopped; and one scaled to many instances and back while events wait.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { folder, until } from "../cli/run-dure.ts";
import type { Folder } from "../cli/run-dure.ts";
import { ConsoleUser } from "../eventflow/old-user.ts";
import { freePort } from "../servers/free-port.ts";
import { startAgent } from "./agent.ts";
import { processesWith } from "./processes-with.ts";

const CROWD = Number(process.env["DURE_CROWD"] ?? 1000);
const INSTANCES = 200;
const onLinux = { timeout: 400_000, skip: process.platform !== "linux" && "looks into /proc" };

test(`${CROWD} processes are started, listed and stopped, and nobody is left; killed with -9 the next agent ends them all and starts them again`, onLinux, async () => {
  await using dir = folder();
  const mark = String(300_000_000 + process.pid);
  const console = await freePort();
  const processes = Object.fromEntries(Array.from({ length: CROWD }, (_, number) => [`p${number}`, { command: ["sleep", mark] }]));
  const options = { agent: { data_dir: "./data" }, config: { http: false, console: { port: console }, processes } };
  let agent = startAgent(dir, {}, options);
  await agent.logged(/processes begun/);
  await until(() => processesWith(mark).length === CROWD, "all run", 120_000);
  await until(async () => (await listed(dir)).filter(({ state }) => state === "running").length === CROWD, "all are told to run");
  const user = await ConsoleUser.connect(console);
  const table = (await user.say("shw task")).join("\n");
  user.close();
  assert.equal(new Set(table.match(/\bp\d+\b/g)).size, CROWD);

  await agent.kill();
  assert.equal(processesWith(mark).length, CROWD);
  const before = new Set(processesWith(mark));
  agent = startAgent(dir, {}, options);
  await agent.logged(/processes begun/);
  await until(() => processesWith(mark).filter((pid) => !before.has(pid)).length === CROWD, "all run again", 120_000);
  assert.equal(processesWith(mark).filter((pid) => before.has(pid)).length, 0);
  await agent.stop();
  assert.deepEqual(processesWith(mark), []);
});

test(`a process is scaled to ${INSTANCES} instances and back to one while events wait for it: each comes once`, onLinux, async () => {
  await using dir = folder();
  const total = 4000;
  const mark = String(400_000_000 + process.pid);
  // Each instance has a file of its own: two that append to one file of a shell may tear each other's lines.
  const command = `: ${mark}; while IFS= read -r line; do echo "$line" >> got.$$; echo "$line" >&2; done`;
  const processes = { many: { command, cwd: dir.path, ack: "stderr-echo", queue: { events: 10_000 }, stop: { wait: "20s" } } };
  writeFileSync(dir.file("feed.log"), Array.from({ length: total }, (_, number) => `${number}\n`).join(""));
  const pipelines = { feed: [{ "in.FileTail": { path: dir.file("feed.log") } }, { "out.Process": "many" }] };
  const agent = startAgent(dir, pipelines, { agent: { data_dir: "./data" }, config: { http: false, processes } });
  await agent.logged(/processes begun/);
  for (const instances of [INSTANCES, 1, INSTANCES, 1]) {
    assert.equal((await dir.dure(["process", "scale", "many", "--instances", String(instances)])).code, 0);
    await until(() => processesWith(mark).length === instances, `${instances} run`, 120_000);
  }
  await until(() => total <= gotIn(dir).length, "all have come").catch((error: Error) => Promise.reject(new Error(`${error.message}: ${gotIn(dir).length}`)));
  const got = gotIn(dir);
  assert.deepEqual([got.length, new Set(got).size], [total, total]);
  await agent.stop();
  assert.deepEqual(processesWith(mark), []);
});

function gotIn(dir: Folder): string[] {
  const names = existsSync(dir.path) ? readdirSync(dir.path).filter((name) => name.startsWith("got.")) : [];
  return names.flatMap((name) => readFileSync(dir.file(name), "utf8").split("\n").slice(0, -1));
}

async function listed(dir: Folder): Promise<readonly { readonly state: string }[]> {
  const { stdout } = await dir.dure(["process", "list", "--json"]);
  return (JSON.parse(stdout) as { result: { processes: { state: string }[] } }).result.processes;
}
