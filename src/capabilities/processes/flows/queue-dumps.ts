// Queue dumps as EventFlow has them: `NAME_input.dmp` and `NAME_output.dmp`, an event a line.
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, writeSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "#base/errors.ts";
import { fileSafeName } from "#base/file-name.ts";
import type { EventQueue } from "./event-queue.ts";
import { countLines } from "./line-bytes.ts";
import type { ProcessFlow } from "./process-flow.ts";

/** So much of a dump becomes one step. */
const STEP_BYTES = 1 << 20;

let dumps = 0;

/** Gives how many events were written. What is in flight counts among them: nobody knows yet that it is done. */
export async function saveQueues(flow: ProcessFlow, dir: string): Promise<number> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  let saved = 0;
  for (const [queue, path] of dumpsOf(flow, dir)) {
    const held = queue.held();
    const temporary = `${path}.${(dumps += 1)}.new`; // Two may save at the same time: the later one stays.
    await writeFile(temporary, held.map(({ bytes }) => bytes), { mode: 0o600 });
    await rename(temporary, path);
    for (const { count } of held) saved += count;
  }
  return saved;
}

/** Puts what the dumps say behind what waits; gives how many events. A dump that is not there holds none. */
export async function loadQueues(flow: ProcessFlow, dir: string, put: (queue: EventQueue, bytes: Buffer, count: number) => Promise<void>): Promise<number> {
  let loaded = 0;
  for (const [queue, path] of dumpsOf(flow, dir)) {
    const bytes = await readIfThere(path);
    for (let at = 0; at < bytes.length; ) {
      const end = bytes.length <= at + STEP_BYTES ? bytes.length : endOfStep(bytes, at);
      const last = bytes[end - 1] === 10 ? bytes.subarray(at, end) : Buffer.concat([bytes.subarray(at, end), Buffer.from("\n")]);
      const count = countLines(last);
      await put(queue, last, count);
      loaded += count;
      at = end;
    }
  }
  return loaded;
}

/** Behind what is in such a dump already; gives its path. */
export function dumpAside(dir: string, process: string, kind: "input" | "output", queue: EventQueue): string {
  const path = join(dir, `${fileSafeName(process)}_${kind}.dmp`);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const fd = openSync(path, "a", 0o600);
  const { size } = fstatSync(fd);
  try {
    for (const { bytes } of queue.held()) for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
  } catch (error) {
    ftruncateSync(fd, size); // What a full disk took of it would come twice, its last line joined to another.
    throw error;
  } finally {
    closeSync(fd);
  }
  return path;
}

function endOfStep(bytes: Buffer, at: number): number {
  const last = bytes.lastIndexOf(10, at + STEP_BYTES);
  if (at <= last) return last + 1;
  const next = bytes.indexOf(10, at);
  return next < 0 ? bytes.length : next + 1;
}

function dumpsOf({ plan, own, shared }: ProcessFlow, dir: string): [EventQueue, string][] {
  const name = join(dir, fileSafeName(plan.name));
  return [
    [own, `${name}_input.dmp`],
    [shared, `${name}_output.dmp`],
  ];
}

async function readIfThere(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
}
