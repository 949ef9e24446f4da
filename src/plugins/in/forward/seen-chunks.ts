// The chunks that were acked, and those under way: a client that lost an ack sends its chunk again, and it must not be there twice.
// What was acked is committed in the same record as the batch, a key a delivery, and forgotten by number and by age: one small line a
// commit, where one key for all would be written whole each time.
//
// A chunk is known again by its id together with its tag and its entries: there are clients whose ids are not as unique as they should be.
import { hash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { JsonValue } from "#base/json.ts";
import { ProtocolError } from "#dataplane/forward-protocol.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import { BegunChunks } from "./begun-chunks.ts";
import type { Part } from "./parts.ts";

export interface SeenOptions {
  /** Most chunks that are remembered. */
  readonly max: number;
  readonly ttl: number;
}

interface Chunk {
  /** Acks that wait for the outcome; undefined once it is written. */
  waiters: (() => void)[] | undefined;
  isForgotten: boolean;
}

const ID_CHARACTERS = 16;
/** Of each end of a part: a sum over all of a frame would cost a millisecond a megabyte. */
const LOOKED_AT_BYTES = 4096;
/** A client that sends a chunk again and again before its outcome is known owes an explanation. */
const WAITERS_MAX = 64;

export class SeenChunks {
  readonly #options: SeenOptions;
  readonly #context: PluginContext;
  readonly #prefix: string;
  readonly #chunks = new Map<string, Chunk>();
  readonly #begun: BegunChunks;
  /** By the number in their key, the oldest first. */
  readonly #groups = new Map<number, { readonly seconds: number; readonly ids: readonly string[] }>();
  #remembered = 0;
  #next = 0;

  constructor(options: SeenOptions, context: PluginContext) {
    this.#options = options;
    this.#context = context;
    this.#prefix = `forward-chunks:${context.step}:`;
    this.#begun = new BegunChunks(options, context);
    const numbers = context.committedKeys(this.#prefix).map((key) => Number.parseInt(key.slice(this.#prefix.length), 36));
    for (const number of numbers.sort((one, other) => one - other)) {
      const group = groupOf(context.committed(this.#key(number)));
      if (group === undefined) continue;
      this.#groups.set(number, group);
      this.#remembered += group.ids.length;
      for (const id of group.ids) this.#chunks.set(id, { waiters: undefined, isForgotten: false });
      this.#next = number + 1;
    }
  }

  idOf(tag: string, chunk: Buffer, parts: readonly Part[]): string {
    let [sum, bytes, rows] = [0, 0, 0];
    for (const part of parts) {
      sum = crc32(part.chunk.bytes.subarray(0, Math.min(part.length, LOOKED_AT_BYTES)), sum);
      sum = crc32(part.chunk.bytes.subarray(Math.max(0, part.length - LOOKED_AT_BYTES), part.length), sum);
      bytes += part.length;
      rows += part.rows;
    }
    return hash("sha256", `${chunk.toString("latin1")}\n${sum} ${bytes} ${rows}\n${tag}`, "base64").slice(0, ID_CHARACTERS);
  }

  /** Whether the chunk was sent before: its ack is sent now, or with that of the first. If not, it is under way from now on. */
  isRepeat(id: string, send: () => void): boolean {
    const known = this.#chunks.get(id);
    if (known === undefined) {
      this.#chunks.set(id, { waiters: [], isForgotten: false });
      return false;
    }
    this.#context.count("chunks_repeated_total");
    if (known.waiters === undefined) send();
    else if (known.waiters.push(send) === WAITERS_MAX) throw new ProtocolError(`a chunk came ${WAITERS_MAX} times while the first was not written yet`);
    return true;
  }

  /** How many parts of a chunk, of so many, an earlier run has written: what is left of it is what has not come yet. */
  partsWritten(id: string, parts: number): number {
    const written = this.#begun.partsOf(id);
    if (written === 0 || parts <= written) return 0;
    this.#context.count("chunks_resumed_total");
    this.#context.log.info("a chunk that a crash cut off came again: the rest of it is taken", { partsWritten: written, parts });
    return written;
  }

  /** What is to be committed with a delivery that ends these chunks, and perhaps ends inside another one. */
  positions(ids: readonly string[], begun?: { readonly id: string; readonly parts: number }): Record<string, JsonValue> {
    const seconds = Math.floor(this.#context.clock.now() / 1000);
    const changes = this.#begun.changes(ids, begun, seconds);
    if (ids.length === 0) return changes;
    changes[this.#key(this.#next)] = [seconds, ...ids];
    this.#groups.set(this.#next, { seconds, ids });
    this.#remembered += ids.length;
    this.#next += 1;
    for (const [number, group] of this.#groups) {
      const isOld = this.#options.ttl < (seconds - group.seconds) * 1000;
      if (!isOld && (this.#remembered <= this.#options.max || this.#groups.size === 1)) break;
      this.#groups.delete(number);
      this.#remembered -= group.ids.length;
      changes[this.#key(number)] = null;
      for (const id of group.ids) this.#forget(id);
    }
    return changes;
  }

  /** The far side has the chunk. */
  written(id: string): void {
    const chunk = this.#chunks.get(id);
    if (chunk === undefined) return;
    const { waiters } = chunk;
    chunk.waiters = undefined;
    if (chunk.isForgotten) this.#chunks.delete(id);
    for (const send of waiters ?? []) send();
  }

  #forget(id: string): void {
    const chunk = this.#chunks.get(id);
    if (chunk === undefined) return;
    chunk.isForgotten = true;
    if (chunk.waiters === undefined) this.#chunks.delete(id);
  }

  #key(number: number): string {
    return this.#prefix + number.toString(36);
  }
}

/** From the store: nothing of it is taken on trust. */
function groupOf(value: JsonValue | undefined): { seconds: number; ids: string[] } | undefined {
  if (!Array.isArray(value)) return undefined;
  const [seconds, ...ids] = value as readonly JsonValue[];
  if (typeof seconds !== "number" || !ids.every((id) => typeof id === "string")) return undefined;
  return { seconds, ids };
}
