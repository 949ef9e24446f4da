// What a process prints, for consumers that are no processes (pipelines): each has a queue of its own, which stays where it is while it is away.
import { Bell } from "#base/bell.ts";
import type { ReaderPlan } from "#kernel/config/process-plan.ts";
import type { Log } from "#sdk/plugin.ts";
import type { EventQueue } from "./event-queue.ts";
import type { FlowNet } from "./flow-net.ts";
import type { QueueStore } from "./queue-store.ts";

interface TapParts {
  readonly store: QueueStore;
  readonly net: FlowNet;
  readonly log: Log;
  readonly closing: AbortSignal;
}

export interface TapLines {
  readonly lines: Buffer;
  readonly count: number;
  ack(): void;
}

const KEY = /^tap:(?<process>[^\n]*)\n(?<consumer>.*)$/s;
const BOUNDS = { eventsMax: 100_000, bytesMax: 64 << 20 };
const CHUNK_BYTES = 256 << 10;

export class Taps {
  readonly #parts: TapParts;
  readonly #present = new Set<string>();
  #planned: ReadonlySet<string> = new Set();
  readonly #bells = new Map<string, Bell>();

  /** Consumers that were there before have their queues again, and what comes meanwhile waits in them. */
  constructor(parts: TapParts) {
    this.#parts = parts;
    for (const key of parts.store.keys()) {
      const process = KEY.exec(key)?.groups?.["process"];
      if (process !== undefined) this.#connect(process, key);
    }
  }

  /** What is printed from now on waits for these, who may come later. */
  plan(readers: readonly ReaderPlan[]): void {
    this.#planned = new Set(readers.map(({ process, consumer }) => keyOf(process, consumer)));
    for (const { process, consumer } of readers) this.#connect(process, keyOf(process, consumer));
    // Also those that were taken out of the config while no agent ran.
    for (const key of [...this.#bells.keys()]) if (!this.#planned.has(key)) this.#dropIfLeft(key, this.#parts.store.queue(key, BOUNDS));
  }

  /** Lines come again, to whoever consumes under that name next, until they are acknowledged. */
  async *consume(process: string, consumer: string, signal: AbortSignal): AsyncGenerator<TapLines> {
    const key = keyOf(process, consumer);
    const queue = this.#connect(process, key);
    const bell = this.#bells.get(key) as Bell;
    const until = AbortSignal.any([signal, this.#parts.closing]);
    const unsettled = new Set<() => void>();
    this.#present.add(key);
    try {
      while (!until.aborted) {
        const taken = queue.take(Infinity, CHUNK_BYTES);
        if (taken === undefined) {
          await bell.rung(until);
          continue;
        }
        const giveBack = (): void => queue.giveBack(taken, 0);
        unsettled.add(giveBack);
        yield {
          lines: taken.bytes,
          count: taken.count,
          ack: () => {
            if (unsettled.delete(giveBack)) void this.#done(queue, taken);
          },
        };
      }
    } finally {
      for (const giveBack of unsettled) giveBack();
      unsettled.clear();
      this.#present.delete(key);
      this.#dropIfLeft(key, queue);
    }
  }

  #connect(process: string, key: string): EventQueue {
    const queue = this.#parts.store.queue(key, BOUNDS);
    const bell = this.#bells.get(key) ?? new Bell();
    this.#bells.set(key, bell);
    queue.onPut = () => bell.ring();
    queue.onFullness = () => this.#dropIfLeft(key, queue);
    this.#parts.net.changeTaps(process, (taps) => taps.add(queue));
    return queue;
  }

  /** Of a consumer that has gone for good, only this tells: it must not hold up the process for ever. For one that the config still has, the process waits. */
  #dropIfLeft(key: string, queue: EventQueue): void {
    if (!queue.isFull || this.#present.has(key)) return;
    const { process = "", consumer = "" } = KEY.exec(key)?.groups ?? {};
    if (this.#planned.has(key)) return this.#parts.log.warn("process waits until the pipeline that reads what it prints takes lines again", { process, consumer, lines: queue.events });
    this.#parts.log.warn("lines are kept no longer for a consumer that has not come back", { process, consumer, lines: queue.events });
    this.#parts.net.changeTaps(process, (taps) => taps.delete(queue));
    queue.onFullness = () => {};
    this.#bells.delete(key);
    // Not amid the step that filled it.
    queueMicrotask(() => this.#parts.store.drop(key));
  }

  async #done(queue: EventQueue, taken: NonNullable<ReturnType<EventQueue["take"]>>): Promise<void> {
    while (!this.#parts.store.commit({ done: { queue, taken } }) && !this.#parts.closing.aborted) await this.#parts.store.diskBell.rung(this.#parts.closing);
  }
}

function keyOf(process: string, consumer: string): string {
  return `tap:${process}\n${consumer}`;
}
