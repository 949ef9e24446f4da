import assert from "node:assert/strict";
import { existsSync, utimesSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir, uptime } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { UsageError } from "./errors.ts";
import { lockFile } from "./lock-file.ts";

test("a lock has one owner, and goes with it", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "dure-lock-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const path = join(dir, "lock");
  const lock = lockFile(path, "the thing");
  assert.throws(() => lockFile(path, "the thing"), UsageError);
  lock.release();
  lock.release();
  assert.equal(existsSync(path), false);
  lockFile(path, "the thing").release();
});

test("a lock is dead when its process is, whatever is written in it", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "dure-lock-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const path = join(dir, "lock");
  for (const content of ["", "nonsense\n", "-1 ?\n", "999999999 ?\n", `${process.pid} 1\n`, ...(process.platform === "linux" ? [`${process.ppid} 1\n`] : [])]) {
    writeFileSync(path, content);
    lockFile(path, "the thing").release();
  }
  // The parent lives: its lock holds, unless it is from before the machine's last start.
  writeFileSync(path, `${process.ppid} ?\n`);
  assert.throws(() => lockFile(path, "the thing"), new RegExp(`process ${process.ppid}`));
  const beforeStart = Date.now() / 1000 - uptime() - 3600;
  utimesSync(path, beforeStart, beforeStart);
  lockFile(path, "the thing").release();
});
