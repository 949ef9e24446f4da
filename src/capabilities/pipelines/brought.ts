// What somebody else brings to a running segment, to be written by one of its outputs: in turn with what the segment's input gives, and
// settled in the same line, so that what outputs ask to have committed stays in the order of the writes.
import type { Batch } from "#dataplane/batch.ts";
import { AbortedError } from "./deliver.ts";
import type { Aside, Delivered } from "./deliver.ts";
import type { Settlement } from "./settlement.ts";
import type { OutputNode, Way } from "./way.ts";

/** Where others get into a segment. */
export interface Hatch {
  /** Missing: it does not run, or is about to end. */
  take?: ((brought: Brought) => Promise<Delivered>) | undefined;
}

export interface Brought extends Aside {
  readonly batch: Batch;
  readonly node: OutputNode;
  /** Called when it is written for good: after the commit, where its output asks for one. Not for a dead letter. */
  ack(): Promise<void>;
}

export interface BroughtParts {
  readonly way: Way;
  /** Without it the segment ends in a buffer, and what outputs ask for goes on with what that holds: one that asks for something is not to be written to. */
  readonly settlement: Settlement | undefined;
  /** What the end of the segment waits for. */
  readonly underWay: Set<Promise<void>>;
  readonly stopped: AbortSignal;
  readonly giveUp: AbortSignal;
  /** What is before it in line may wait for the rules of buffers. */
  flush(): void;
}

export class Newcomers {
  readonly #parts: BroughtParts;
  readonly #all = new Set<Promise<void>>();
  #gone: Promise<void> | undefined;

  constructor(parts: BroughtParts) {
    this.#parts = parts;
  }

  /** Consumes the batch; resolves when it is settled. It takes no slot: the input may keep the last one while it waits. */
  take(given: Brought): Promise<Delivered> {
    const delivered = this.#parts.stopped.aborted ? refused(given) : this.#move(given);
    const moved: Promise<void> = delivered.then(() => {}, () => {}).finally(() => this.#all.delete(moved));
    this.#all.add(moved);
    return delivered;
  }

  /** All are settled, or never will be. */
  async settled(): Promise<void> {
    if (0 < this.#all.size) await Promise.race([Promise.all(this.#all), this.#whenGivenUp()]);
  }

  async #move({ batch, node, ack, ...aside }: Brought): Promise<Delivered> {
    const { way, settlement, underWay, flush } = this.#parts;
    let delivered: Delivered | undefined;
    const ackIfWritten = async (): Promise<void> => (delivered === undefined || delivered.isDeadLetter === true ? undefined : ack());
    const place = settlement?.enterAside({ batch, ack: ackIfWritten });
    const { promise: written, resolve } = Promise.withResolvers<void>();
    underWay.add(written);
    try {
      delivered = await way.aside(node, batch, aside);
    } finally {
      batch.release();
      place?.done({ commit: delivered?.commit ?? {} });
      underWay.delete(written);
      resolve();
    }
    flush();
    await (place === undefined ? ackIfWritten() : Promise.race([place.settled, this.#whenGivenUp()]));
    return delivered;
  }

  #whenGivenUp(): Promise<void> {
    const { giveUp } = this.#parts;
    return (this.#gone ??= new Promise((resolve) => {
      if (giveUp.aborted) resolve();
      else giveUp.addEventListener("abort", () => resolve(), { once: true });
    }));
  }
}

async function refused({ batch }: Brought): Promise<never> {
  batch.release();
  throw new AbortedError("the pipeline is about to end");
}
