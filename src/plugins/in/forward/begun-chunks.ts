// How much is committed of each chunk that is cut into several batches and not all written: a client that sends it again after a crash has
// only the rest of it taken. Each batch commits how many parts there are up to its end, and the last one forgets the chunk.
//
// The same chunk has the same parts each time: where it is cut follows from its bytes alone, and its id (seen-chunks.ts) holds a sum of each part.
import type { JsonValue } from "#base/json.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import type { SeenOptions } from "./seen-chunks.ts";

interface Begun {
  readonly seconds: number;
  readonly parts: number;
}

export class BegunChunks {
  readonly #options: SeenOptions;
  readonly #prefix: string;
  /** By id, the one that went on last at the end: all but that one are of clients that have not come again. */
  readonly #chunks = new Map<string, Begun>();

  constructor(options: SeenOptions, { step, committed, committedKeys }: PluginContext) {
    this.#options = options;
    this.#prefix = `forward-begun:${step}:`;
    const found = committedKeys(this.#prefix).flatMap((key) => {
      const begun = begunOf(committed(key));
      return begun === undefined ? [] : [{ id: key.slice(this.#prefix.length), begun }];
    });
    for (const { id, begun } of found.sort((one, other) => one.begun.seconds - other.begun.seconds)) this.#chunks.set(id, begun);
  }

  /** How many of the chunk's parts are committed. */
  partsOf(id: string): number {
    return this.#chunks.get(id)?.parts ?? 0;
  }

  /** What is to be committed with a delivery that ends these chunks, and perhaps ends inside another one. */
  changes(ended: readonly string[], begun: { readonly id: string; readonly parts: number } | undefined, seconds: number): Record<string, JsonValue> {
    const changes: Record<string, JsonValue> = {};
    for (const id of ended) this.#forget(id, changes);
    if (begun !== undefined) {
      this.#chunks.delete(begun.id);
      this.#chunks.set(begun.id, { seconds, parts: begun.parts });
      changes[this.#prefix + begun.id] = [seconds, begun.parts];
    }
    for (const [id, chunk] of this.#chunks) {
      if (this.#chunks.size <= this.#options.max && (seconds - chunk.seconds) * 1000 <= this.#options.ttl) break;
      this.#forget(id, changes);
    }
    return changes;
  }

  #forget(id: string, changes: Record<string, JsonValue>): void {
    if (this.#chunks.delete(id)) changes[this.#prefix + id] = null;
  }
}

/** From the store: nothing of it is taken on trust. */
function begunOf(value: JsonValue | undefined): Begun | undefined {
  if (!Array.isArray(value)) return undefined;
  const [seconds, parts] = value as readonly JsonValue[];
  return typeof seconds === "number" && typeof parts === "number" && Number.isSafeInteger(parts) && 0 < parts ? { seconds, parts } : undefined;
}
