import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { uniqueId } from "../unique-id.ts";
import { ChildRecords } from "./child-records.ts";
import { endLeftOvers, findLeftOvers } from "./left-overs.ts";
import { tableNow } from "./process-table.ts";

const skip = process.platform === "linux" ? false : "reads /proc";

function folder(): { readonly dir: string } & Disposable {
  const dir = mkdtempSync(join(tmpdir(), "dure-left-"));
  return { dir, [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }) };
}

const noFault = (fault: Error): void => assert.fail(fault);

test("left-overs: what an agent that was killed has left is found and ended, whatever it did to hide", { skip }, async () => {
  using place = folder();
  const file = join(place.dir, "children");
  const prefix = `agent-${uniqueId()}`;
  const program = `
    import { startChild } from ${JSON.stringify(new URL("./start-child.ts", import.meta.url).href)};
    import { ChildRecords } from ${JSON.stringify(new URL("./child-records.ts", import.meta.url).href)};
    const records = new ChildRecords(${JSON.stringify(file)}, (fault) => { throw fault; });
    const texts = [
      "trap '' TERM; setsid sh -c 'trap \\"\\" TERM; sleep 300; true' & sleep 300; true",
      "(setsid sleep 300 &); exit 0",
      "exec env -i /bin/sleep 300",
      "sleep 300",
    ];
    for (const [index, text] of texts.entries()) {
      const child = startChild({ command: ["/bin/sh", "-c", text], cwd: "/", env: process.env, stdio: ["ignore", "ignore", "ignore"], mark: ${JSON.stringify(prefix)} + "/" + index });
      records.add({ pid: child.pid, mark: ${JSON.stringify(prefix)} + "/" + index });
      if (index === 1) await child.ended;
    }
    console.log("ready");
    setInterval(() => {}, 1000);
  `;
  const agent = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  await once(agent.stdout, "data");
  agent.kill("SIGKILL");
  await once(agent, "exit");
  const records = new ChildRecords(file, noFault);
  assert.ok(3 <= records.left.length && records.left.length <= 4, "one may have ended before it could be recorded: what it left has its mark");
  // A shell may take a while to become what it is told to.
  const found = await findAll();
  assert.deepEqual(found.map(({ root }) => root.mark).sort(), [0, 1, 2, 3].map((index) => `${prefix}/${index}`));
  const pids = found.flatMap((leftOver) => leftOver.pids);
  assert.equal(await endLeftOvers(found, { signal: "SIGTERM", waitMs: 50 }).then((stayed) => stayed.length), 0);
  assert.deepEqual(await findLeftOvers(prefix, records.left), []);
  const table = await tableNow();
  assert.deepEqual(pids.filter((pid) => table.get(pid) !== undefined), []);
  for (const { pid } of records.left) records.remove(pid);
  assert.deepEqual(new ChildRecords(file, noFault).left, []);
  records.close();

  async function findAll() {
    for (let turns = 0; turns < 6000; turns += 1) {
      const now = await findLeftOvers(prefix, records.left);
      if (now.length === 4 && 6 <= now.flatMap((leftOver) => leftOver.pids).length) return now;
      await delay(10);
    }
    return assert.fail("not within a minute: all that was left");
  }
});

test("left-overs: neither we nor who started us are among them, though we carry the mark", { skip }, async () => {
  const prefix = `own-${uniqueId()}`;
  const program = `
    import { endLeftOvers, findLeftOvers } from ${JSON.stringify(new URL("./left-overs.ts", import.meta.url).href)};
    const found = await findLeftOvers(${JSON.stringify(prefix)});
    await endLeftOvers(found, { signal: "SIGKILL", waitMs: 0 });
    console.log(JSON.stringify(found.map(({ pids }) => pids.length)));
  `;
  const shell = spawn("/bin/sh", ["-c", `sleep 300 & "$0" --input-type=module -e "$1"; echo alive`, process.execPath, program], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
    env: { ...process.env, DURE_TREE: `${prefix}/1` },
  });
  let said = "";
  shell.stdout.on("data", (bytes) => (said += String(bytes)));
  await once(shell, "close");
  assert.equal(said, "[1]\nalive\n");
});

test("left-overs: a number that another process has by now is left alone", { skip }, async () => {
  const mark = `other-${uniqueId()}`;
  const other = spawn("sleep", ["300"], { stdio: "ignore" });
  const pid = other.pid ?? 0;
  assert.deepEqual(await findLeftOvers(mark, [{ pid, mark, start: "another boot/1" }, { pid: 1, mark, start: "" }]), []);
  other.kill("SIGKILL");
  await once(other, "exit");
});

test("records: torn and foreign lines are passed over, and the file stays small", { skip }, async () => {
  using place = folder();
  const file = join(place.dir, "deeper", "children");
  const records = new ChildRecords(file, noFault);
  records.add({ pid: process.pid, mark: "lasting" });
  for (let index = 0; index < 5000; index += 1) {
    records.add({ pid: process.ppid, mark: `m${index}` });
    records.remove(process.ppid);
  }
  assert.ok(statSync(file).size < 100_000);
  records.add({ pid: process.ppid, mark: "last" });
  records.close();
  appendFileSync(file, '{"pid":1,"mark":"init","start":"x"}\nnull\n[]\n"x"\n{"pid":"7"}\n{"pid":12,"mark":"to');
  const next = new ChildRecords(file, noFault);
  assert.deepEqual(next.left.map(({ mark }) => mark), ["lasting", "last"]);
  next.close();
  assert.equal(readFileSync(file, "utf8").trim().split("\n").length, 2);
});

test("records: a file that cannot be written is told, and done without", { skip }, () => {
  using place = folder();
  const faults: Error[] = [];
  appendFileSync(join(place.dir, "file"), "");
  const records = new ChildRecords(join(place.dir, "file", "children"), (fault) => faults.push(fault));
  records.add({ pid: process.pid, mark: "m" });
  records.remove(process.pid);
  records.close();
  assert.ok(2 <= faults.length);
});
