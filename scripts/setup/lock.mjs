// One setup at a time in a checkout. The lock is a file made exclusively that names its holder; a dead holder's lock is taken over.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { buildDir } from "../project.mjs";

const lockFile = join(buildDir, "setup.lock");
const WAIT_MS = 15 * 60_000; // Longer than an installation on a slow line.

export async function withSetupLock(work) {
  const started = Date.now();
  for (let isTold = false; !tryLock(); isTold = true) {
    if (Date.now() - started > WAIT_MS) throw new Error(`another setup holds ${lockFile}; if none runs, remove it`);
    if (!isTold) console.error("setup: waiting for another setup to end");
    await pause(200);
  }
  try {
    await work();
  } finally {
    rmSync(lockFile, { force: true });
  }
}

function tryLock() {
  try {
    writeFileSync(lockFile, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  if (!isHeld()) rmSync(lockFile, { force: true }); // Taken at the next try.
  return false;
}

function isHeld() {
  try {
    const holder = Number(readFileSync(lockFile, "utf8"));
    if (holder === 0) return true; // Made this instant, not yet written.
    process.kill(holder, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
