// All queues, and the steps that change them: a step is in the journal whole or not at all, and only then in memory.
import type { EventQueue, Taken } from "./event-queue.ts";

export interface Step {
  /** Whole lines that go into each of these queues. */
  readonly put?: { readonly queues: readonly EventQueue[]; readonly bytes: Buffer; readonly count: number };
  /** What was taken is done. */
  readonly done?: { readonly queue: EventQueue; readonly taken: Taken };
  /** What was taken goes back to the front; its consumer failed so often. */
  readonly failed?: { readonly queue: EventQueue; readonly taken: Taken; readonly failures: number };
}

export class QueueStore {
  /** False: the disk takes nothing, and all is as it was before. */
  commit(step: Step): boolean {
    const { put, done, failed } = step;
    done?.queue.settle(done.taken);
    failed?.queue.giveBack(failed.taken, failed.failures);
    for (const queue of put?.queues ?? []) queue.put(put?.bytes as Buffer, put?.count as number);
    for (const queue of put?.queues ?? []) queue.onPut();
    return true;
  }
}
