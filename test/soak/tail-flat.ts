// Many gigabytes through one agent, its memory watched: a file of 256 MiB takes its own place again and again, as rotation does,
// so that the disk holds two of them at most.
import { closeSync, copyFileSync, existsSync, openSync, readFileSync, readSync, renameSync, statSync, writeSync } from "node:fs";
import { HEAD_BYTES, fingerprintOf } from "#plugins/in/file-tail/position.ts";
import { folder, until } from "../cli/run-dure.ts";
import { startAgent } from "../faults/agent.ts";
import type { Agent } from "../faults/agent.ts";
import { startCounter } from "./count-receiver.ts";

const FILE_BYTES = 256 << 20;
const ROUND_MS = 120_000;
const MEMORY_MIB_MAX = 100;
const GROWTH_MIB_MAX = 8;

export async function tailFlat(to: "null" | "forward", bytes: number): Promise<{ readonly failures: readonly string[]; readonly detail: string }> {
  await using dir = folder();
  await using counter = await startCounter();
  const source = dir.file("source");
  const linesAFile = writeSource(source);
  const fileBytes = statSync(source).size;
  const log = dir.file("app.log");
  const place = (round: number): string => {
    copyFileSync(source, `${log}.new`);
    // The system gives the number of a file that is gone to the next one: they have to begin differently, as logs do.
    const descriptor = openSync(`${log}.new`, "r+");
    writeSync(descriptor, String(round).padStart(9, "0"), 0);
    closeSync(descriptor);
    renameSync(`${log}.new`, log);
    return fingerprintOf(headOf(log));
  };
  let fingerprint = place(0);
  const output = to === "null" ? "out.Null" : { "out.Fluentd": { host: "127.0.0.1", port: counter.port } };
  const agent = startAgent(dir, { main: [{ "in.FileTail": { path: log, rotate_wait: "100ms" } }, output] });
  const samples: number[][] = [];
  const failures: string[] = [];
  const rounds = Math.ceil(bytes / FILE_BYTES);
  const positions = dir.file(".dure", "positions", "main.pos");
  const startedAt = performance.now();
  for (let round = 0; round < rounds; round += 1) {
    if (0 < round) fingerprint = place(round);
    const sampled = sample(agent);
    await until(() => isCommitted(positions, fingerprint, fileBytes), `file ${round} to its end`, ROUND_MS);
    samples.push(sampled());
  }
  const seconds = (performance.now() - startedAt) / 1000;
  await agent.stop();
  const most = samples.map((round) => Math.max(...round));
  const early = Math.max(...most.slice(0, Math.ceil(rounds / 4)));
  const late = Math.max(...most.slice(Math.ceil(rounds / 4)), 0);
  if (MEMORY_MIB_MAX < Math.max(early, late)) failures.push(`resident memory reached ${Math.max(early, late).toFixed(0)} MiB; ${MEMORY_MIB_MAX} are promised`);
  if (early + GROWTH_MIB_MAX < late) failures.push(`resident memory grows: ${early.toFixed(0)} MiB at first, ${late.toFixed(0)} MiB later`);
  if (to === "forward" && counter.records !== linesAFile * rounds) failures.push(`${counter.records} of ${linesAFile * rounds} lines arrived`);
  return { failures, detail: `${rounds} files in ${seconds.toFixed(0)} s; RSS ${early.toFixed(0)} MiB at first, ${late.toFixed(0)} MiB later` };
}

/** Returns how many lines the file has. */
function writeSource(file: string): number {
  let piece = "";
  let lines = 0;
  while (piece.length < 1 << 20) piece += `${String(lines++).padStart(9, "0")} GET /items/${lines % 977} 200 ${"x".repeat(lines % 120)}\n`;
  const bytes = Buffer.from(piece);
  const pieces = Math.floor(FILE_BYTES / bytes.length);
  const descriptor = openSync(file, "w");
  for (let count = 0; count < pieces; count += 1) writeSync(descriptor, bytes);
  closeSync(descriptor);
  return lines * pieces;
}

/** Looks at the memory until it is asked for what it saw. */
function sample(agent: Agent): () => number[] {
  const seen = [agent.memoryMiB() ?? 0];
  const timer = setInterval(() => seen.push(agent.memoryMiB() ?? 0), 100);
  return () => {
    clearInterval(timer);
    return seen;
  };
}

/** Whether the file with this beginning is read to its end, as the last commit that names it says. */
function isCommitted(positions: string, fingerprint: string, bytes: number): boolean {
  if (!existsSync(positions)) return false;
  return readFileSync(positions, "latin1").includes(`"offset":${bytes},"fingerprint":"${fingerprint}"`);
}

function headOf(file: string): Buffer {
  const descriptor = openSync(file, "r");
  const head = Buffer.alloc(HEAD_BYTES);
  readSync(descriptor, head);
  closeSync(descriptor);
  return head;
}
