// The files of a disk buffer: numbered segments, only ever appended to, deleted once everything in them is written elsewhere.
// What a run before this one left is only read; each run begins a segment of its own, so nothing is ever written behind damage.
import fs from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { JsonValue } from "#base/json.ts";

/** A place in the buffer: behind it lies what comes next. */
export interface Place {
  readonly segment: number;
  readonly offset: number;
}

/** A place inside a batch of the buffer: `byte` of its records lie before it. */
export interface Cut {
  readonly place: Place;
  readonly byte: number;
}

export function isBefore(one: Place, other: Place): boolean {
  return one.segment < other.segment || (one.segment === other.segment && one.offset < other.offset);
}

export function isSame(one: Place | undefined, other: Place): boolean {
  return one?.segment === other.segment && one.offset === other.offset;
}

export function isCutBefore(one: Cut, other: Cut): boolean {
  return isBefore(one.place, other.place) || (isSame(one.place, other.place) && one.byte < other.byte);
}

/** A place as it was committed; undefined when it is none. */
export function placeOf(value: JsonValue | undefined): Place | undefined {
  if (typeof value !== "object" || value === null || !("segment" in value) || !("offset" in value)) return undefined;
  const { segment, offset } = value;
  return typeof segment === "number" && typeof offset === "number" ? { segment, offset } : undefined;
}

export class Segments {
  readonly dir: string;
  /** Readable bytes by segment number, in order of numbers. */
  readonly #bytes = new Map<number, number>();
  readonly #deletions = new Set<Promise<void>>();
  #total = 0;

  constructor(dir: string) {
    this.dir = dir;
    for (const name of fs.readdirSync(dir).sort()) {
      const match = /^(\d{10})\.seg$/.exec(name);
      if (match !== null) this.grow(Number(match[1]), fs.statSync(join(dir, name)).size);
    }
  }

  /** Bytes of all files, those that are being deleted among them. */
  get total(): number {
    return this.#total;
  }
  get first(): number | undefined {
    const [first] = this.#bytes.keys();
    return first;
  }
  /** Behind everything readable. */
  get end(): Place {
    const segment = [...this.#bytes.keys()].at(-1) ?? 0;
    return { segment, offset: this.bytesOf(segment) };
  }

  path(segment: number): string {
    return join(this.dir, `${String(segment).padStart(10, "0")}.seg`);
  }

  /** Readable bytes of the segment. */
  bytesOf(segment: number): number {
    return this.#bytes.get(segment) ?? 0;
  }

  grow(segment: number, bytes: number): void {
    this.#total += bytes - this.bytesOf(segment);
    this.#bytes.set(segment, bytes);
  }

  /** The place itself, or the beginning of the next segment when this one has no more; undefined at the end of all. */
  nextReadable(place: Place): Place | undefined {
    if (place.offset < this.bytesOf(place.segment)) return place;
    for (const [segment, bytes] of this.#bytes) if (place.segment < segment && 0 < bytes) return { segment, offset: 0 };
    return undefined;
  }

  /** Bytes from the place to the end. */
  bytesFrom(place: Place): number {
    let bytes = 0;
    for (const [segment, size] of this.#bytes) if (place.segment <= segment) bytes += segment === place.segment ? Math.max(0, size - place.offset) : size;
    return bytes;
  }

  /** Cuts off what lies behind the place. */
  truncate(place: Place): void {
    for (const [number, bytes] of this.#bytes) {
      if (place.segment < number) {
        fs.rmSync(this.path(number), { force: true });
        this.#bytes.delete(number);
        this.#total -= bytes;
      } else if (number === place.segment && place.offset < bytes) {
        fs.truncateSync(this.path(number), place.offset);
        this.grow(number, place.offset);
      }
    }
  }

  /** Forgets the segments at once. Their files go in the background, since that takes long for large ones, and count until they are gone. */
  async deleteBefore(segment: number): Promise<void> {
    for (const [number, bytes] of this.#bytes) {
      if (segment <= number) break;
      this.#bytes.delete(number);
      const deletion = rm(this.path(number), { force: true })
        .catch(() => undefined) // It is older than what is committed: the next start deletes it.
        .finally(() => {
          this.#total -= bytes;
          this.#deletions.delete(deletion);
        });
      this.#deletions.add(deletion);
    }
    await Promise.all(this.#deletions);
  }
}
