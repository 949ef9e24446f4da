// Disks that are full or read-only: a clear word in the log, the other pipelines go on, and everything arrives once there is room.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { openDeadLetters } from "#kernel/dead-letters.ts";
import { folder, until } from "../cli/run-dure.ts";
import { startAgent } from "./agent.ts";
import { mountDisk, noMounts } from "./mounts.ts";
import { appendNumbered, assertAllArrived, numbersIn } from "./numbered.ts";

const WIDTH = 1000;
const RETRY = { first: "50ms", most: "500ms" };
const ARRIVE_MS = 60_000;

test(
  "a full disk under an output, a buffer, positions and dead letters: each says so, others go on, all arrives when there is room",
  { skip: noMounts, timeout: 120_000 },
  async () => {
    await using dir = folder();
    using full = mountDisk(dir.file("full"), "2m");
    using letters = mountDisk(dir.file(".dure", "dead-letters"), "512k");
    const log = dir.file("app.log");
    const to = (name: string) => ({ "out.File": dir.file("out", name) });
    const tail = { "in.FileTail": { path: log } };
    const outputs = {
      output: dir.file("full", "output"),
      buffer: dir.file("out", "buffer"),
      positions: dir.file("out", "positions"),
      healthy: dir.file("out", "healthy"),
    };
    writeFileSync(log, "");
    const agent = startAgent(dir, {
      output: { retry: RETRY, steps: [tail, { "out.File": outputs.output }] },
      buffer: [tail, { "buffer.Size": { bytes: "64KB", timeout: "50ms", storage: "disk", path: "full/buffer" } }, to("buffer")],
      positions: [{ "in.FileTail": { path: log, pos_dir: "full/positions" } }, to("positions")],
      letters: { retry: { ...RETRY, attempts: 1 }, steps: [tail, { "out.Fluentd": { host: "127.0.0.1", port: 1 } }] },
      healthy: [tail, to("healthy")],
    });
    const first = 100;
    appendNumbered(log, 0, first, WIDTH);
    for (const [name, file] of Object.entries(outputs)) await until(() => numbersIn(file).length === first, `the first lines of ${name}`, ARRIVE_MS);
    await until(async () => (await lettersOf(dir.path)) === first, "the first dead letter", ARRIVE_MS);

    full.fill();
    letters.fill();
    const total = 3_000;
    // In many pieces: the position file has room for some commits in its last page.
    for (let from = first; from < total; from += 50) {
      appendNumbered(log, from, from + 50, WIDTH);
      await until(() => numbersIn(outputs.healthy).length === from + 50, "the healthy pipeline goes on while disks are full", ARRIVE_MS);
    }
    await agent.logged(/WARN .*output 2:out.File.*the output refused a batch.*(ENOSPC|no space)/i);
    await agent.logged(/ERROR .*buffer 2:buffer.Size.*buffer cannot be written; the pipeline waits.*(ENOSPC|no space)/i);
    await agent.logged(/WARN .*positions.*positions cannot be saved.*(ENOSPC|no space)/i);
    await agent.logged(/ERROR .*letters.*a dead letter cannot be kept; the pipeline waits.*(ENOSPC|no space)/i);
    await until(() => numbersIn(outputs.positions).length === total, "what cannot save its position goes on", ARRIVE_MS);
    assert(numbersIn(outputs.output).length < total);

    rmSync(dir.file("full", "ballast"));
    full.remount("size=32m");
    rmSync(dir.file(".dure", "dead-letters", "ballast"));
    letters.remount("size=32m");
    for (const [name, file] of Object.entries(outputs))
      await until(() => numbersIn(file).length === total, `all lines of ${name} once there is room`, ARRIVE_MS).catch((error: Error) =>
        Promise.reject(new Error(`${error.message}: ${numbersIn(file).length}\n${agent.log().slice(-3000)}`)),
      );
    await until(async () => (await lettersOf(dir.path)) === total, "all dead letters once there is room", ARRIVE_MS);
    await agent.stop();
    for (const [name, file] of Object.entries(outputs)) {
      assertAllArrived(numbersIn(file), total, name);
      assert.equal(numbersIn(file).length, total, `${name}: each line once`);
    }
  },
);

test("a read-only folder of positions, and of an output: that pipeline says so, the others run", { skip: noMounts, timeout: 120_000 }, async () => {
  await using dir = folder();
  using disk = mountDisk(dir.file("fixed"), "1m");
  mkdirSync(dir.file("fixed", "pos"));
  disk.remount("ro");
  const log = dir.file("app.log");
  appendNumbered(log, 0, 100, WIDTH);
  const agent = startAgent(dir, {
    positions: [{ "in.FileTail": { path: log, pos_dir: "fixed/pos" } }, { "out.File": dir.file("never") }],
    output: { retry: RETRY, steps: [{ "in.FileTail": { path: log } }, { "out.File": dir.file("fixed", "out") }] },
    healthy: [{ "in.FileTail": { path: log } }, { "out.File": dir.file("healthy") }],
  });
  await agent.logged(/ERROR .*positions.*pipeline failed.*positions cannot be written: .*fixed\/pos.*EROFS.*pos_dir/);
  await agent.logged(/output 2:out.File.*the output refused a batch.*EROFS/);
  await until(() => numbersIn(dir.file("healthy")).length === 100, "the healthy pipeline runs", ARRIVE_MS);
  assert(!existsSync(dir.file("never")), "nothing runs without its positions");
  disk.remount("rw");
  await until(() => numbersIn(dir.file("fixed", "out")).length === 100, "the output goes on once the disk can be written", ARRIVE_MS);
  await agent.stop();
});

/** Records in dead letters. */
async function lettersOf(dir: string): Promise<number> {
  const letters = await openDeadLetters(`${dir}/.dure/dead-letters`).list();
  return letters.reduce((rows, letter) => rows + letter.rows, 0);
}
