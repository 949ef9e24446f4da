// The journal of all queues: files that are only added to. When the present one is mostly garbage, another is begun with all that is held, and takes over
// as soon as that is written; the old one goes when the new one is on the disk. So at every moment there is a file that is whole, and the newest
// whole one is what counts. A step is in the page cache when `append` comes back (a killed agent loses nothing) and on the disk within a second.
import fs from "node:fs";
import { join } from "node:path";
import { toError, UsageError } from "#base/errors.ts";
import type { Log } from "#sdk/plugin.ts";
import { checksumOf, FIRST_LETTERS, FRAME_HEAD_BYTES, readFrames } from "./frames.ts";
import type { Reading } from "./frames.ts";
import { OperationWriter, readOperations } from "./operations.ts";
import type { OperationTaker } from "./operations.ts";

const NAME = /^journal-(\d{8})\.dat$/;
/** A file may always grow to this; beyond, to twice of what it was begun with. */
const FILE_BYTES_MIN = 32 << 20;
const FLUSH_MS = 1000;
const DAMAGED_FILES_MAX = 3;

export interface JournalParts {
  /** Made if it is missing. */
  readonly dir: string;
  readonly log: Log;
  readonly fileBytesMin?: number | undefined;
  /** Begins with nothing: what was told before is void. */
  restart(): OperationTaker;
  /** Tells all that is held, to a file that knows nothing yet. */
  tellHeld(writer: OperationWriter, endFrame: () => void): void;
  /** What was told last is in no file: it has to be introduced again. */
  onUntold(): void;
  /** About so much would be told. */
  heldBytes(): number;
}

export class Journal {
  readonly #parts: JournalParts;
  readonly #writer = new OperationWriter();
  #number = 0;
  #fd = -1;
  #length = 0;
  #isTorn = false;
  #turnAt = 0;
  /** The file before, until the present one is on the disk. */
  #old: string | undefined;
  #cause: unknown;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  #hasFlushFailed = false;
  #isClosed = false;

  /** Tells what the files hold, and goes on behind it. Throws UsageError where the folder cannot be written. */
  constructor(parts: JournalParts) {
    this.#parts = parts;
    try {
      fs.mkdirSync(parts.dir, { recursive: true, mode: 0o700 });
      if (!this.#open() && !this.#turn()) throw this.cause;
    } catch (error) {
      throw new UsageError(`events cannot be kept: ${parts.dir}: ${toError(error).message}`, { cause: error, hint: "Give the agent's user the right to write there, and the disk some room." });
    }
  }

  /** Writes one step. False: the disk does not take it, and nothing has changed; `cause` says why. */
  append(tell: (writer: OperationWriter) => void): boolean {
    if (this.#isClosed) return false;
    if (this.#turnAt < this.#length && this.#old === undefined && this.#flushing === undefined) this.#turn();
    if (this.#appendHere(tell)) return true;
    // A full disk may have room for what is held, where the garbage is most of the file.
    return this.#parts.heldBytes() * 2 < this.#length && this.#flushing === undefined && this.#turn() && this.#appendHere(tell);
  }

  /** Why the disk took nothing. */
  get cause(): Error {
    return toError(this.#cause);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#flushing;
    await this.#flush();
    fs.closeSync(this.#fd);
    this.#fd = -1;
  }

  /** Reads the newest whole file. False: there is none to go on with. */
  #open(): boolean {
    const numbers = fs.readdirSync(this.#parts.dir).flatMap((name) => NAME.exec(name)?.[1] ?? []).map(Number).sort((one, other) => other - one);
    this.#number = numbers[0] ?? 0;
    for (const number of numbers) {
      const path = this.#path(number);
      const taker = this.#parts.restart();
      let isWhole = false;
      const reading = readFrames(path, (payload) => readOperations(payload, { ...taker, whole: () => void (isWhole = true) }));
      if (reading.end === "damaged") this.#keepDamaged(path, reading);
      if (isWhole) {
        if (reading.end === "damaged") this.#old = path;
        else this.#goOn(number, reading.goodBytes);
        this.#remove(numbers.filter((other) => other < number));
        return reading.end !== "damaged";
      }
      // It was begun and never took over: the one before has everything.
      if (reading.end !== "damaged") fs.rmSync(path, { force: true });
    }
    this.#parts.restart();
    return false;
  }

  #goOn(number: number, goodBytes: number): void {
    this.#number = number;
    this.#fd = fs.openSync(this.#path(number), "r+");
    fs.ftruncateSync(this.#fd, goodBytes);
    this.#length = goodBytes;
    this.#turnAt = Math.max(goodBytes, this.#parts.fileBytesMin ?? FILE_BYTES_MIN);
  }

  #appendHere(tell: (writer: OperationWriter) => void): boolean {
    this.#writer.begin(FRAME_HEAD_BYTES);
    tell(this.#writer);
    if (this.#write()) return true;
    this.#parts.onUntold();
    return false;
  }

  #write(): boolean {
    if (this.#isTorn && !this.#repair()) return false;
    const parts = this.#writer.parts();
    const head = parts[0] as Buffer;
    const rest = [head.subarray(FRAME_HEAD_BYTES), ...parts.slice(1)];
    const length = rest.reduce((sum, part) => sum + part.length, 0);
    if (length === 0) return true; // A step that only memory has to know of.
    head.writeUInt32LE(length, 0);
    head.writeUInt32LE(checksumOf(rest, length), 4);
    try {
      writeAll(this.#fd, parts, this.#length);
    } catch (error) {
      this.#cause = error;
      this.#isTorn = true;
      this.#repair();
      return false;
    }
    this.#length += FRAME_HEAD_BYTES + length;
    this.#timer ??= setTimeout(() => void this.#flush(), FLUSH_MS).unref();
    return true;
  }

  /** Cuts off a frame that was half written. */
  #repair(): boolean {
    try {
      fs.ftruncateSync(this.#fd, this.#length);
      this.#isTorn = false;
    } catch {
      return false;
    }
    return true;
  }

  /** Begins another file with all that is held. False: it cannot be, and the present one stays. */
  #turn(): boolean {
    const before = { fd: this.#fd, length: this.#length, isTorn: this.#isTorn };
    const path = this.#path(this.#number + 1);
    try {
      this.#fd = fs.openSync(path, "w+", 0o600);
      this.#isTorn = false;
      writeAll(this.#fd, [FIRST_LETTERS], 0);
      this.#length = FIRST_LETTERS.length;
      this.#writer.begin(FRAME_HEAD_BYTES);
      const endFrame = (): void => {
        if (!this.#write()) throw this.cause;
        this.#writer.begin(FRAME_HEAD_BYTES);
      };
      this.#parts.tellHeld(this.#writer, endFrame);
      this.#writer.whole();
      endFrame();
    } catch (error) {
      this.#cause = error;
      if (this.#fd !== before.fd) fs.closeSync(this.#fd);
      fs.rmSync(path, { force: true });
      ({ fd: this.#fd, length: this.#length, isTorn: this.#isTorn } = before);
      this.#turnAt = Math.max(this.#turnAt, this.#length * 2);
      this.#parts.onUntold();
      return false;
    }
    if (0 <= before.fd) {
      fs.closeSync(before.fd);
      this.#old = this.#path(this.#number);
    }
    this.#number += 1;
    this.#turnAt = Math.max(this.#length * 2, this.#parts.fileBytesMin ?? FILE_BYTES_MIN);
    void this.#flush();
    return true;
  }

  #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing ??= new Promise<void>((resolve) =>
      fs.fdatasync(this.#fd, (error) => {
        this.#flushing = undefined;
        if (error !== null && !this.#hasFlushFailed) this.#parts.log.warn("events not flushed to disk", { dir: this.#parts.dir, error: error.message });
        this.#hasFlushFailed = error !== null;
        if (error === null && this.#old !== undefined) {
          fs.rmSync(this.#old, { force: true });
          this.#old = undefined;
        }
        resolve();
      }),
    );
    return this.#flushing;
  }

  /** Lets a person look at what cannot be read. */
  #keepDamaged(path: string, { goodBytes, fileBytes }: Reading): void {
    const kept = join(this.#parts.dir, `damaged-${new Date().toISOString().replaceAll(/[-:.]/g, "")}.dat`);
    try {
      fs.copyFileSync(path, kept);
      const all = fs.readdirSync(this.#parts.dir).filter((name) => name.startsWith("damaged-")).sort();
      for (const name of all.slice(0, -DAMAGED_FILES_MAX)) fs.rmSync(join(this.#parts.dir, name), { force: true });
    } catch (error) {
      this.#parts.log.warn("damaged journal could not be kept", { file: path, error: toError(error).message });
    }
    this.#parts.log.error("journal of events damaged: what came behind the damage is lost", { file: path, goodBytes, lostBytes: fileBytes - goodBytes, kept });
  }

  #remove(numbers: readonly number[]): void {
    for (const number of numbers) fs.rmSync(this.#path(number), { force: true });
  }

  #path(number: number): string {
    return join(this.#parts.dir, `journal-${String(number).padStart(8, "0")}.dat`);
  }
}

function writeAll(fd: number, parts: readonly Buffer[], position: number): void {
  let at = position;
  let left = parts;
  while (0 < left.length) {
    const first = left[0] as Buffer;
    let written = left.length === 1 ? fs.writeSync(fd, first, 0, first.length, at) : fs.writevSync(fd, left, at);
    at += written;
    let whole = 0;
    for (; whole < left.length && (left[whole] as Buffer).length <= written; whole += 1) written -= (left[whole] as Buffer).length;
    left = left.slice(whole);
    if (0 < written && left[0] !== undefined) left = [left[0].subarray(written), ...left.slice(1)];
  }
}
