// The disk of the data folder is full while events flow, while the config is edited and while a program is uploaded.
import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { folder, until } from "../cli/run-dure.ts";
import { freePort } from "../servers/free-port.ts";
import { askOld } from "../eventflow/old-user.ts";
import { mountDisk, noMounts } from "./mounts.ts";
import { appendNumbered, distinctOf, numbersIn } from "./numbered.ts";

const WIDTH = 200;
const WORKER = `
import { appendFileSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
for await (const line of createInterface({ input: process.stdin })) {
  appendFileSync(process.argv[2], line + "\\n");
  writeSync(1, line + "\\n");
  writeSync(2, line + "\\n");
}
`;

test("a full disk under flows: producers wait, nothing is lost, it is said once, edits and uploads are refused whole, and all goes on by itself when there is room", { skip: noMounts, timeout: 300_000 }, async () => {
  await using dir = folder();
  using disk = mountDisk(dir.file("disk"), "12m");
  const port = await freePort();
  writeFileSync(dir.file("worker.mjs"), WORKER);
  const log = dir.file("feed.log");
  const worker = (name: string): object => ({ command: [process.execPath, dir.file("worker.mjs"), dir.file(`${name}.got`)], cwd: dir.path, queue: { events: 100_000 } });
  const text = JSON.stringify({
    agent: { data_dir: "./data" },
    http: false,
    process_settings: { old_api: { on: true, port } },
    processes: { first: worker("first"), second: worker("second") },
    flows: [{ type: "broad", from: "first", to: "second", ack: "stderr-echo" }],
    pipelines: { feed: [{ "in.FileTail": { path: log, pos_dir: dir.file("positions") } }, { "out.Process": "first" }] },
  });
  appendNumbered(log, 0, 100, WIDTH);
  writeFileSync(dir.file("disk", "dure.yml"), text.replace('"first":{', '"first":{"ack":"stderr-echo",'));
  const { child } = dir.spawn(["run", "disk/dure.yml", "--lang", "en"]);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (more: string) => (said += more));
  const got = (name: string): number[] => (existsSync(dir.file(`${name}.got`)) ? numbersIn(dir.file(`${name}.got`)) : []);
  await until(() => got("second").length === 100, "the first hundred are through").catch((error: Error) => Promise.reject(new Error(`${error.message}\n${said.slice(-3000)}`)));
  const before = readFileSync(dir.file("disk", "dure.yml"), "utf8");

  disk.fill();
  const total = 20_000;
  appendNumbered(log, 100, total, WIDTH);
  await until(() => /queue.*(full|cannot be written)|disk.*full|ENOSPC/i.test(said), "the full disk is said");
  const program = Buffer.alloc(200_000, "#").toString("base64");
  const uploaded = await askOld(port, "POST", "/api/v1/tasks", { TASKS: [{ TYPE: "process", NAME: "third", COMMAND: "cat", FILE_NAME: "run.py", ENC_DATA: program }] });
  assert.doesNotMatch(uploaded.text, /"RESULT":\s*"OK"/);
  const added = await dir.dure(["-c", "disk/dure.yml", "processes", "create", "third", "--command", "cat", "--lang", "en"]);
  assert.notEqual(added.code, 0, added.stdout);
  assert.equal(readFileSync(dir.file("disk", "dure.yml"), "utf8"), before, "the config is as it was");
  const inHand = got("second").length;
  assert.ok(inHand < total);
  const lines = said.split("\n").filter((line) => /WARN|ERROR|warn|error/.test(line) && /journal|events cannot/.test(line));
  assert.ok(lines.length <= 3, lines.join("\n"));

  rmSync(dir.file("disk", "ballast"));
  disk.remount("size=64m");
  await until(() => distinctOf(got("second")) === total, "all are through once there is room", 120_000).catch((error: Error) => Promise.reject(new Error(`${error.message}: ${got("first").length} ${got("second").length}\n${said.slice(-3000)}`)));
  assert.equal(got("first").length, total, "each once");
  assert.equal(got("second").length, total, "each once");
  const again = await askOld(port, "POST", "/api/v1/tasks", { TASKS: [{ TYPE: "process", NAME: "third", COMMAND: "cat", FILE_NAME: "run.py", ENC_DATA: program }] });
  assert.match(again.text, /"RESULT":\s*"OK"/);
  child.kill("SIGTERM");
  await until(() => child.exitCode !== null || child.signalCode !== null, "it has ended");
});
