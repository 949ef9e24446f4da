// What children of a killed agent had printed and nobody read. Their pipes hold it as long as they live, or we have them open.
//
// Whose lines count? Those of a source, and of a consumer that acknowledges nothing, are events as soon as they are printed. A consumer that acknowledges
// had an event that was not done (had it been, its results would be in the journal): it comes again, and what was printed for it would be there twice;
// so that is dropped. Where nothing waits for such a consumer it had no event, and its lines count.
import fs from "node:fs";
import { systemCode } from "#base/errors.ts";
import { openForReading } from "./fifos.ts";
import type { Fifos } from "./fifos.ts";
import { countLines, LineCutter } from "./line-bytes.ts";
import type { ProcessFlow } from "./process-flow.ts";
import type { QueueStore } from "./queue-store.ts";
import { carryName } from "./results.ts";

interface Left {
  readonly flow: ProcessFlow;
  readonly instance: string;
  readonly path: string;
  readonly fd: number;
  readonly cutter: LineCutter;
  readonly isTaken: boolean;
}

const BLOCK_BYTES = 64 << 10;
/** Of one that goes on printing while it is read; the rest when it has ended. */
const FIRST_BLOCKS = 16;

/** Reads what is there now; `finish`, when they have been ended, the rest. */
export function salvage(flows: Iterable<ProcessFlow>, fifos: Fifos, store: QueueStore): { finish(): void } {
  const carries = new Map(store.carries());
  const outputsOf = fifos.outputsLeft();
  const left = [...flows].flatMap((flow) => outputsOf(flow.plan.name).flatMap(({ instance, path }) => open(flow, instance, path, carries)));
  for (const one of left) read(one, FIRST_BLOCKS, store);
  return {
    finish() {
      for (const one of left) {
        const isEnded = read(one, Infinity, store);
        fs.closeSync(one.fd);
        if (!isEnded) fs.rmSync(one.path, { force: true }); // Somebody has it open still.
      }
      // Lines that were never finished: who printed them is gone.
      for (const instance of [...store.carries().keys()]) store.commit({ carry: { instance, isMore: false, bytes: Buffer.alloc(0) } });
      left.length = 0;
    },
  };
}

function open(flow: ProcessFlow, number: number, path: string, carries: ReadonlyMap<string, Buffer>): Left[] {
  try {
    if (!fs.lstatSync(path).isFIFO()) return [];
    const instance = carryName(flow.plan.name, number);
    const cutter = new LineCutter(flow.plan.lineBytesMax, () => {});
    const carry = carries.get(instance);
    if (carry !== undefined) cutter.push(carry);
    const isTaken = 0 < flow.behind.length && (flow.plan.ack.type === "none" || flow.sources.every((queue) => queue.events === 0));
    return [{ flow, instance, path, fd: openForReading(path), cutter, isTaken }];
  } catch {
    return []; // It went meanwhile.
  }
}

/** True: nobody can print anything more. */
function read({ flow, instance, fd, cutter, isTaken }: Left, blocksMax: number, store: QueueStore): boolean {
  for (let block = 0; block < blocksMax; block += 1) {
    const bytes = readBlock(fd);
    if (bytes === undefined) return false;
    if (bytes.length === 0) return true;
    const whole = cutter.push(bytes);
    if (!isTaken) continue;
    const put = whole === undefined ? {} : { put: { queues: flow.behind, bytes: whole, count: countLines(whole) } };
    store.commit({ ...put, carry: { instance, isMore: false, bytes: cutter.carry() } });
  }
  return false;
}

/** Undefined: there is nothing now. */
function readBlock(fd: number): Buffer | undefined {
  const block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  try {
    return block.subarray(0, fs.readSync(fd, block, 0, block.length, null));
  } catch (error) {
    if (systemCode(error) === "EAGAIN") return undefined;
    throw error;
  }
}
