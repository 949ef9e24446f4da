// What children of a killed agent had printed, and what that agent had read and not told its journal yet.
//
// Whose lines count? Those of a source, and of a consumer that acknowledges nothing, are events as soon as they are printed. A consumer that acknowledges
// had an event that was not done (had it been, its results would be in the journal): it comes again, and what was printed for it would be there twice;
// so that is dropped. Where nothing waits for such a consumer it had no event, and its lines count.
//
// This agent may be killed, too: it holds the pipes by its own holder before it ends anybody, and what it reads lands where the next one finds it.
import fs from "node:fs";
import { systemCode } from "#base/errors.ts";
import { openForReading } from "./fifos.ts";
import type { Fifos } from "./fifos.ts";
import type { Landing, Landings } from "./landing.ts";
import { countLines, LineCutter } from "./line-bytes.ts";
import type { PipeHolder } from "./pipe-holder.ts";
import type { ProcessFlow } from "./process-flow.ts";
import type { QueueStore, Step } from "./queue-store.ts";
import { carryName } from "./results.ts";

interface SalvageParts {
  readonly fifos: Fifos;
  readonly landings: Landings;
  readonly holder: PipeHolder;
  readonly store: QueueStore;
}

interface Left {
  readonly flow: ProcessFlow;
  readonly instance: string;
  readonly path: string;
  readonly fd: number;
  readonly cutter: LineCutter;
  readonly isTaken: boolean;
  readonly landing: Landing | undefined;
  /** What the disk did not take: no more is read until it does. What is left at last, whoever is started next has in its pipe. */
  untold: Step | undefined;
}

const BLOCK_BYTES = 64 << 10;
/** Of one that goes on printing while it is read; the rest when it has ended. */
const FIRST_BLOCKS = 16;

/** Reads what is there now; `finish`, when they have been ended, the rest. */
export async function salvage(flows: Iterable<ProcessFlow>, parts: SalvageParts): Promise<{ finish(): void }> {
  const { fifos, holder, store } = parts;
  const carries = store.carries();
  const outputsOf = fifos.outputsLeft();
  const left = [...flows].flatMap((flow) => outputsOf(flow.plan.name).flatMap(({ instance, path }) => open(flow, instance, path, carries, parts)));
  await Promise.all(left.filter(({ isTaken }) => isTaken).map(({ path }) => holder.hold(path)));
  for (const one of left) {
    if (one.landing?.isEmpty === false) tell(one, one.landing.held(), store); // What the agent before had read last, and not told.
    read(one, FIRST_BLOCKS, store);
  }
  return {
    finish() {
      for (const one of left) {
        const isEnded = read(one, Infinity, store);
        fs.closeSync(one.fd);
        if (!isEnded && one.untold === undefined) fs.rmSync(one.path, { force: true }); // Somebody has it open still.
      }
      // Lines that were never finished: who printed them is gone.
      for (const instance of [...store.carries().keys()]) store.commit({ carry: { instance, isMore: false, bytes: Buffer.alloc(0) } });
      left.length = 0;
    },
  };
}

function open(flow: ProcessFlow, number: number, path: string, carries: ReadonlyMap<string, Buffer>, { fifos, landings }: SalvageParts): Left[] {
  try {
    if (!fs.lstatSync(path).isFIFO()) return [];
    const instance = carryName(flow.plan.name, number);
    const cutter = new LineCutter(flow.plan.lineBytesMax, () => {});
    const carry = carries.get(instance);
    if (carry !== undefined) cutter.push(carry);
    const isTaken = 0 < flow.behind.length && (flow.plan.ack.type === "none" || flow.sources.every((queue) => queue.events === 0));
    const landing = isTaken ? landings.of(fifos.landingPath(flow.plan.name, number), instance) : undefined;
    return [{ flow, instance, path, fd: openForReading(path), cutter, isTaken, landing, untold: undefined }];
  } catch {
    return []; // It went meanwhile.
  }
}

/** True: nobody can print anything more. */
function read(left: Left, blocksMax: number, store: QueueStore): boolean {
  const { fd, isTaken, landing } = left;
  if (!isTold(left, store)) return false;
  for (let block = 0; block < blocksMax; block += 1) {
    const into = landing?.block ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
    const bytes = readBlock(fd, into);
    if (bytes === undefined) return false;
    if (bytes === 0) return true;
    landing?.landed(bytes);
    if (isTaken && !tell(left, landing?.held() ?? into.subarray(0, bytes), store)) return false;
  }
  return false;
}

function tell(left: Left, bytes: Buffer, store: QueueStore): boolean {
  const { flow, instance, cutter, landing } = left;
  const whole = cutter.push(bytes);
  const put = whole === undefined ? {} : { put: { queues: flow.behind, bytes: whole, count: countLines(whole) } };
  const landed = landing === undefined ? {} : { landed: { instance, chunk: landing.chunk } };
  left.untold = { ...put, carry: { instance, isMore: false, bytes: Buffer.from(cutter.carry()) }, ...landed };
  return isTold(left, store);
}

function isTold(left: Left, store: QueueStore): boolean {
  if (left.untold !== undefined && !store.commit(left.untold)) return false;
  left.untold = undefined;
  left.landing?.release();
  return true;
}

/** How much; undefined: there is nothing now. */
function readBlock(fd: number, into: Buffer): number | undefined {
  try {
    return fs.readSync(fd, into, 0, into.length, null);
  } catch (error) {
    if (systemCode(error) === "EAGAIN") return undefined;
    throw error;
  }
}
