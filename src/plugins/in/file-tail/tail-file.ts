// What is known of one file that is followed. Reading moves it on; rotation changes its path and its state.
import type { Encoding } from "../parts/encoding.ts";
import type { ExactPath } from "../parts/discover.ts";
import { HEAD_BYTES, TAIL_BYTES, fingerprintOf, tailOf } from "./position.ts";
import type { Position, ReadAt, Tail } from "./position.ts";

export interface FileStart {
  readonly key: string;
  readonly path: string;
  readonly exact: ExactPath;
  /** The tag of a log's records, by its name. */
  readonly tagOf: (name: string) => string;
  /** Where to go on. */
  readonly position?: Position | undefined;
}

export class TailFile {
  readonly key: string;
  path: string;
  exact: ExactPath;
  /** The path at first sight: a log keeps its name, and the tag made of it, when it is rotated, and over restarts. */
  name: string;
  tag: string;

  /** Start of the first line that was not handed out. */
  offset = 0;
  /** No newline lies between the offset and here: a long line that grows slowly is not searched again. */
  scannedTo = 0;
  /** A newline lies at `scannedTo`. */
  isLineEndFound = false;
  /** It was read to its end, and the last read brought whole lines. */
  isLive = false;
  /** The rest of a line that is too long is being passed over (`long_lines: skip`). */
  isSkipping = false;
  /** Goes up when the file was emptied and filled anew: what was read before that is of another text. */
  generation = 0;
  fingerprint = "";
  fingerprintBytes = 0;
  tail = 0;
  tailBytes = 0;
  /** To be held against the file when it is opened. */
  unverified: Position | undefined;
  encoding: Encoding | undefined;

  descriptor: number | undefined;
  /** A read is under way: the descriptor must stay. */
  isReading = false;
  /** Since when its path names another file or none; undefined while the path is its own. */
  detachedAtMs: number | undefined;
  grewAtMs = 0;
  /** `exact` leads to it, though the path it is followed under may not. */
  isNamed = true;
  /** No more is expected: an unfinished last line is handed out too, and then the file is let go. */
  isEnding = false;
  /** The file that had this path before: it is read to its end first. */
  before: TailFile | undefined;
  /** Another file of which this is a copy made by rotation: left alone until the other's text is gone. */
  copyOf: TailFile | undefined;
  /** A compressed file that is being unpacked, or was. */
  unpacking: "no" | "under way" | "done" = "no";
  /** Pieces of lines that were too long, or such lines passed over. */
  longLines = 0;
  /** Bytes at its end that are no whole character. */
  tornBytes = 0;
  /** Key of a file that is gone and whose text this one goes on with. */
  supersedes: string | undefined;
  /** It was read to its end and let go. */
  isFinished = false;
  /** Things said once a file. */
  readonly said = new Set<string>();
  readonly #tagOf: (name: string) => string;

  constructor({ key, path, exact, tagOf, position }: FileStart) {
    this.key = key;
    this.path = path;
    this.exact = exact;
    this.#tagOf = tagOf;
    this.name = path;
    this.tag = tagOf(path);
    if (position !== undefined) this.resume(position);
  }

  resume(position: Position): void {
    this.name = position.name ?? position.path;
    this.tag = this.#tagOf(this.name);
    this.offset = position.offset;
    this.scannedTo = position.offset;
    this.isLineEndFound = false;
    this.fingerprint = position.fingerprint;
    this.fingerprintBytes = position.fingerprintBytes;
    this.tail = position.tail;
    this.tailBytes = position.tailBytes;
    this.unverified = position;
  }

  /** The file holds another text now: it is read from its beginning. */
  restart(name: string): void {
    this.generation += 1;
    this.resume({ path: this.path, name, offset: 0, fingerprint: "", fingerprintBytes: 0, tail: 0, tailBytes: 0, at: 0 });
    this.unverified = undefined;
    this.isSkipping = false;
    this.encoding = undefined;
  }

  /** Moves on to `offset`; `tail` is of the bytes before that. */
  advance(offset: number, { tail, tailBytes }: Tail, readAt: ReadAt): void {
    this.offset = offset;
    this.scannedTo = Math.max(offset, this.scannedTo);
    this.tail = tail;
    this.tailBytes = tailBytes;
    const headBytes = Math.min(HEAD_BYTES, offset);
    if (headBytes <= this.fingerprintBytes) return;
    const head = readAt(0, headBytes);
    this.fingerprintBytes = head.length;
    this.fingerprint = fingerprintOf(head);
  }

  /** Takes the place `offset` as read without having read it. */
  skipTo(offset: number, readAt: ReadAt): void {
    const from = Math.max(0, offset - TAIL_BYTES);
    this.scannedTo = offset;
    this.isLineEndFound = false;
    this.advance(offset, tailOf(readAt(from, offset - from)), readAt);
  }

  /** Whether the bytes before the offset are still those that were there. */
  hasTail(readAt: ReadAt): boolean {
    return tailOf(readAt(this.offset - this.tailBytes, this.tailBytes)).tail === this.tail;
  }

  /** Whether its first bytes, and those before the offset, are still those that were there. */
  isUnchanged(readAt: ReadAt): boolean {
    if (!this.hasTail(readAt)) return false;
    // What is unpacked is not rewritten, and the fingerprint may be that of the packed bytes.
    return this.unpacking !== "no" || this.fingerprintBytes === 0 || fingerprintOf(readAt(0, this.fingerprintBytes)) === this.fingerprint;
  }

  position(atMs: number): Position {
    const { path, name, offset, fingerprint, fingerprintBytes, tail, tailBytes } = this;
    const position = { path, offset, fingerprint, fingerprintBytes, tail, tailBytes, at: atMs };
    return name === path ? position : { ...position, name };
  }

  isFirst(said: string): boolean {
    if (this.said.has(said)) return false;
    this.said.add(said);
    return true;
  }
}
