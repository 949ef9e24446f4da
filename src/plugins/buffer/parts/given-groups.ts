// What a disk buffer gives on, written down before it does so. How batches are merged depends on when they came; after a crash what was
// given on and not committed has to come in the same groups and under the same names, or who has it already could not know it again.
//
// A file of slots that are used again, so that it stays small and needs no room on a disk that is full. A slot is of no use any more
// when its group is committed, and nothing of it lies behind what the buffer has passed or a later group of the same stream says so, too.
//
//   0 CRC-32C of what follows    4 "DGG1"    8 number (float64)    16 the run that gave it (12 bytes)    28 hash of its key (12)
//  40 first record   52 behind its last one   64 since where the stream was given on without a gap, each as segment, offset, byte
//  76 what the buffer has passed when the group is written, as segment, offset
import fs from "node:fs";
import { join } from "node:path";
import { crc32c } from "#base/crc32.ts";
import { sha256 } from "#base/sha256.ts";
import { uniqueId } from "#base/unique-id.ts";
import { flush } from "./file-calls.ts";
import { isBefore, isCutBefore, isSame } from "./segments.ts";
import type { Cut, Place } from "./segments.ts";

export interface Group {
  readonly number: number;
  /** With the number it is a name that no other group ever has. */
  readonly run: string;
  /** Hash of the key of its batches (pileKey). */
  readonly stream: string;
  readonly from: Cut;
  readonly to: Cut;
  /** All of the stream from here to `to` is in this group or one before it. */
  readonly coveredFrom: Cut;
  /** Committed with the group: all before it is in this group or one before it. */
  readonly passed: Place;
}

const SLOT_BYTES = 84;
const SLOTS_AT_ONCE = 512;
const MAGIC = Buffer.from("DGG1");
const EMPTY_SLOT = Buffer.alloc(SLOT_BYTES);

export class GivenGroups {
  /** Given on by an earlier run and not committed since, in order. */
  readonly again: readonly Group[];
  /** No place of the file lies in a later segment. */
  readonly lastSegment: number;
  #fd: number;
  readonly #run = uniqueId();
  /** By slot. */
  readonly #slots: (Group | undefined)[] = [];
  readonly #free: number[] = [];
  /** What of each stream is given on, by an earlier run or this one. */
  readonly #latest = new Map<string, { readonly coveredFrom: Cut; readonly to: Cut }>();
  /** What earlier runs gave on of what lies behind the place passed. */
  readonly #earlier = new Map<string, Group[]>();
  readonly #hashes = { key: "", stream: "" };
  #next: number;
  #committed: number;
  #passed: Place;

  /** `committed`: the number of the last group whose end was committed; with it all before `passed` was. */
  constructor(dir: string, { committed, passed }: { committed: number; passed: Place }) {
    this.#fd = fs.openSync(join(dir, "groups"), fs.constants.O_RDWR | fs.constants.O_CREAT, 0o644);
    this.#committed = committed;
    this.#passed = passed;
    const bytes = this.#wholeFile();
    const found = Array.from({ length: Math.floor(bytes.length / SLOT_BYTES) }, (_, slot) => groupIn(bytes.subarray(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES)));
    const byNumber = new Map(found.map((group) => [group?.number, group]));
    const again: Group[] = [];
    // Behind a gap nothing can be told: a later group says that the one that is missing was given on.
    for (let group = byNumber.get(committed + 1); group !== undefined && !isBefore(group.from.place, passed); group = byNumber.get(group.number + 1)) again.push(group);
    this.again = again;
    this.#next = committed + again.length + 1;
    const kept = new Set(found.filter((group) => group !== undefined && !this.#isOver(group) && group.number < this.#next));
    this.lastSegment = Math.max(0, ...[...kept].map((group) => group?.to.place.segment ?? 0));
    for (const [slot, group] of found.entries()) {
      const isKept = kept.has(group);
      this.#slots.push(isKept ? group : undefined);
      if (!isKept) this.#free.push(slot);
      if (!isKept && group !== undefined) this.#write(slot, EMPTY_SLOT); // A next run must not believe it either.
    }
    for (const group of [...kept].filter((one) => one !== undefined).sort((one, other) => one.number - other.number)) {
      this.#earlier.set(group.stream, [...(this.#earlier.get(group.stream) ?? []), group]);
      this.#latest.set(group.stream, group);
    }
  }

  /** How many bytes at the begin of a batch an earlier run gave on. */
  coveredBytes(key: string, place: Place, length: number): number {
    if (this.#earlier.size === 0) return 0;
    const stream = this.streamOf(key);
    const groups = this.#earlier.get(stream);
    let byte = 0;
    for (const { coveredFrom, to } of groups ?? []) {
      const cut = { place, byte };
      if (!isCutBefore(cut, coveredFrom) && isCutBefore(cut, to)) byte = isSame(to.place, place) ? Math.min(length, to.byte) : length;
    }
    if (groups?.every(({ to }) => isBefore(to.place, place)) === true) this.#earlier.delete(stream);
    return byte;
  }

  /** The next group, not written yet. */
  group({ key, from, to }: { readonly key: string; readonly from: Cut; readonly to: Cut }, passed: Place): Group {
    const stream = this.streamOf(key);
    const group = { number: this.#next, run: this.#run, stream, from, to, coveredFrom: this.#latest.get(stream)?.coveredFrom ?? from, passed };
    this.#next += 1;
    this.#latest.set(stream, group);
    return group;
  }

  /** Throws when the disk does not take it, and may be called again. */
  write(group: Group): void {
    if (this.#free.length === 0) this.#sweep();
    const slot = this.#free.at(-1) ?? 0;
    this.#write(slot, bytesOf(group));
    this.#slots[slot] = group;
    this.#free.pop();
  }

  async flush(): Promise<void> {
    await flush(this.#fd);
  }

  /** The group, and all before it, is written elsewhere and committed. */
  commit(number: number, passed: Place): void {
    this.#committed = number;
    this.#passed = passed;
  }

  streamOf(key: string): string {
    if (this.#hashes.key !== key) Object.assign(this.#hashes, { key, stream: sha256(key).toString("base64", 0, 12) });
    return this.#hashes.stream;
  }

  close(): void {
    if (0 <= this.#fd) fs.closeSync(this.#fd);
    this.#fd = -1;
  }

  /** With room for the first groups: later there may be none. */
  #wholeFile(): Buffer {
    const bytes = fs.readFileSync(this.#fd);
    const more = Buffer.alloc(Math.max(0, SLOTS_AT_ONCE * SLOT_BYTES - bytes.length));
    if (0 < more.length) fs.writeSync(this.#fd, more, 0, more.length, bytes.length);
    return Buffer.concat([bytes, more]);
  }

  #write(slot: number, bytes: Buffer): void {
    const written = fs.writeSync(this.#fd, bytes, 0, bytes.length, slot * SLOT_BYTES);
    if (written < bytes.length) throw new Error(`the disk took ${written} of ${bytes.length} bytes`);
  }

  #isOver({ number, to }: Group): boolean {
    return number <= this.#committed && isBefore(to.place, this.#passed);
  }

  /** Frees the slots of no use; makes more when there are none. */
  #sweep(): void {
    const last = new Map<string, number>();
    for (const group of this.#slots) if (group !== undefined && group.number <= this.#committed) last.set(group.stream, Math.max(group.number, last.get(group.stream) ?? 0));
    for (const [slot, group] of this.#slots.entries()) {
      if (group === undefined || (!this.#isOver(group) && group.number >= (last.get(group.stream) ?? 0))) continue;
      this.#slots[slot] = undefined;
      this.#free.push(slot);
    }
    for (const [stream, { to }] of this.#latest) if (isBefore(to.place, this.#passed)) this.#latest.delete(stream);
    if (this.#free.length !== 0) return;
    for (let more = 0; more < SLOTS_AT_ONCE; more += 1) this.#free.push(this.#slots.push(undefined) - 1);
    this.#free.reverse(); // The file grows from its end.
  }
}

function bytesOf({ number, run, stream, from, to, coveredFrom, passed }: Group): Buffer {
  const bytes = Buffer.alloc(SLOT_BYTES);
  MAGIC.copy(bytes, 4);
  bytes.writeDoubleLE(number, 8);
  bytes.write(run, 16, "base64");
  bytes.write(stream, 28, "base64");
  [from, to, coveredFrom].forEach(({ place, byte }, index) => [place.segment, place.offset, byte].forEach((value, word) => bytes.writeUInt32LE(value, 40 + index * 12 + word * 4)));
  bytes.writeUInt32LE(passed.segment, 76);
  bytes.writeUInt32LE(passed.offset, 80);
  bytes.writeUInt32LE(crc32c(bytes, 4), 0);
  return bytes;
}

function groupIn(bytes: Buffer): Group | undefined {
  if (MAGIC.compare(bytes, 4, 8) !== 0 || crc32c(bytes, 4) !== bytes.readUInt32LE(0)) return undefined;
  const cutAt = (at: number): Cut => ({ place: { segment: bytes.readUInt32LE(at), offset: bytes.readUInt32LE(at + 4) }, byte: bytes.readUInt32LE(at + 8) });
  return {
    number: bytes.readDoubleLE(8),
    run: bytes.toString("base64", 16, 28),
    stream: bytes.toString("base64", 28, 40),
    from: cutAt(40),
    to: cutAt(52),
    coveredFrom: cutAt(64),
    passed: { segment: bytes.readUInt32LE(76), offset: bytes.readUInt32LE(80) },
  };
}
