// Appends to one path, each byte exactly once. Every write has a place of its own, given out in order; a write is good
// when it and all before it are in the file. What is good goes into the pipeline's commit together with the positions of
// the input, and after a crash the file is cut back to what was committed: the same records then come again.
//
// Invariant: the file holds the committed bytes, then the good ones, then those under way, without a hole.
import { constants, fstatSync } from "node:fs";
import { mkdir, open, rename } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { assert } from "#base/assert.ts";
import { toError } from "#base/errors.ts";
import type { Clock } from "#base/clock.ts";
import type { Batch } from "#dataplane/batch.ts";
import type { Log } from "#sdk/plugin.ts";
import { writeFully } from "../parts/write-fully.ts";
import { isFileOf, stateNow, tailOf } from "./file-state.ts";
import type { FileState } from "./file-state.ts";
import type { Journal } from "./journal.ts";
import { freeName, inodeAt } from "./rotated-files.ts";
import { WriteOrder } from "./write-order.ts";

export interface AppendFileParts {
  readonly path: string;
  readonly journal: Journal;
  /** What the pipeline's last commit says of this path. */
  readonly committed: () => FileState | undefined;
  /** Whether the file's turn is over before `bytes` more go in. */
  readonly isDue: (state: FileState, bytes: number) => boolean;
  /** Called after a rotation: the file that stood here has another name now. */
  readonly onRotated: () => void;
  readonly fsync: "none" | "interval" | "every";
  readonly mkdir: boolean;
  readonly zone: string;
  readonly clock: Clock;
  readonly log: Log;
}

interface Placed {
  /** Whether these bytes and all before them are in the file. */
  readonly good: Promise<boolean>;
  /** To be committed then. */
  readonly state: FileState;
  readonly failure: () => Error | undefined;
}

/** A file may only leave its path when all of it is committed. Commits are quick; one that is slow only delays the rotation. */
const COMMIT_WAIT_MS = 5_000;
const COMMIT_LOOK_MS = 5;
/** How often we look whether somebody else (logrotate) has moved the file away. */
const LOOK_MS = 1_000;
const OPEN_FLAGS = constants.O_RDWR | constants.O_CREAT; // Never cut, written at positions of our own.

export class AppendFile {
  readonly #parts: AppendFileParts;
  #handle: FileHandle | undefined;
  /** Of the good part. */
  #state: FileState | undefined;
  /** Where the next write goes. */
  #end = 0;
  /** True when every write so far is good; false as soon as one fails. Settled in order. */
  #last: Promise<boolean> = Promise.resolve(true);
  #isBroken = false;
  readonly #order: WriteOrder;
  /** Gives out places one at a time, in the order asked. */
  #placing: Promise<void> = Promise.resolve();
  #lastLookMs = 0;
  #underWay = 0;
  usedAtMs = 0;
  isUnsynced = false;

  constructor(parts: AppendFileParts) {
    this.#parts = parts;
    this.#order = new WriteOrder(parts.clock);
  }

  /** Cuts off what was never committed, if the file is there. Returns whether it is. */
  async repair(): Promise<boolean> {
    const { path, journal, committed } = this.#parts;
    if ((await inodeAt(path)) === undefined) return false;
    const state = committed();
    if (state === undefined || !journal.wasClosed(path, state)) await this.#open();
    return true;
  }

  /**
   * Resolves with the state to commit once what `make` gives, and all before it, is in the file. `make` is called when the
   * batch has its turn in line; what it gives may still be under way (a compression).
   */
  async append(batch: Batch, make: () => Promise<Buffer> | Buffer, signal: AbortSignal): Promise<FileState> {
    this.#underWay += 1;
    this.usedAtMs = this.#parts.clock.now();
    try {
      const wait = this.#order.enter(batch, signal);
      if (wait !== undefined) await wait;
      const placed = await this.#inTurn(batch, make, signal);
      if (await placed.good) return placed.state;
      throw placed.failure() ?? new Error("an earlier write to the same file failed");
    } finally {
      this.#underWay -= 1;
    }
  }

  async #inTurn(batch: Batch, make: () => Promise<Buffer> | Buffer, signal: AbortSignal): Promise<Placed> {
    const turn = this.#placing;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#placing = promise;
    try {
      const made = make();
      if (made instanceof Promise) made.catch(() => undefined); // Looked at below, when it is this one's turn.
      await turn;
      const bytes = await made;
      if (!this.#order.isInside(batch)) throw new Error("an earlier write to the same file failed");
      await this.#makeReady(bytes.length, signal);
      return this.#place(batch, bytes);
    } catch (error) {
      this.#order.failed(batch);
      await turn; // The next one's turn comes after this one's, also when this one did not wait for it.
      throw error;
    } finally {
      resolve();
    }
  }

  /** Nothing is under way and the last commit holds all of it. */
  get isSettled(): boolean {
    return this.#underWay === 0 && this.#order.isIdle && this.#isAllCommitted();
  }

  /** How it is left: undefined while not all of it is committed, or nothing was written. */
  get settledState(): FileState | undefined {
    return this.isSettled && !this.#isBroken ? this.#parts.committed() : undefined;
  }

  async sync(): Promise<void> {
    this.isUnsynced = false;
    try {
      await this.#handle?.datasync();
    } catch (error) {
      this.isUnsynced = true;
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#placing;
    await this.#last;
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  /** The file is open, sound, and the one these bytes belong to. */
  async #makeReady(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.#isBroken) await this.#cutBack();
    if (this.#handle !== undefined && this.#state !== undefined) {
      if (this.#end !== 0 && this.#parts.isDue({ ...this.#state, length: this.#end }, bytes)) await this.#leave("rotation", signal);
      else if (await this.#hasMoved()) await this.#leave("moved away", signal);
    }
    if (this.#handle === undefined) await this.#open();
    else await this.#checkLength(this.#handle);
  }

  #place(batch: Batch, bytes: Buffer): Placed {
    const handle = this.#handle;
    const base = this.#state;
    assert(handle !== undefined && base !== undefined, "a file is open when bytes get a place in it");
    const at = this.#end;
    this.#end += bytes.length;
    const before = this.#last;
    let failure: Error | undefined;
    // The end of the file is taken down now: the caller may free the bytes once the write is done.
    const state: FileState = { ...base, length: at + bytes.length, tail: bytes.length === 0 ? base.tail : tailOf(bytes) };
    const good = (async () => {
      try {
        await writeFully(handle.fd, bytes, at);
        if (this.#parts.fsync === "every") await handle.datasync();
      } catch (error) {
        failure = toError(error);
        this.#isBroken = true;
        this.#order.failed(batch);
      }
      if (!(await before) || failure !== undefined) return false;
      this.#state = state;
      this.#order.good(batch);
      this.isUnsynced = this.#parts.fsync === "interval";
      return true;
    })();
    this.#last = good;
    return { good, state, failure: () => failure };
  }

  /** After a failed write: waits for the others, cuts the file back to what is good, and goes on there. */
  async #cutBack(): Promise<void> {
    await this.#last;
    const length = this.#state?.length ?? 0;
    await this.#handle?.truncate(length);
    this.#end = length;
    this.#last = Promise.resolve(true);
    this.#isBroken = false;
  }

  async #open(): Promise<void> {
    const { path, journal, clock, log } = this.#parts;
    if (this.#parts.mkdir) await mkdir(dirname(path), { recursive: true });
    const handle = await open(path, OPEN_FLAGS, 0o644);
    try {
      const committed = this.#parts.committed();
      const noted = journal.get(path);
      const known = noted !== undefined && (committed?.generation ?? 0) < noted.generation ? noted : committed;
      if (known !== undefined && (await isFileOf(known, handle))) {
        const { size } = await handle.stat();
        if (known.length < size && journal.wasClosed(path, known)) {
          // Left in good order: what is behind it another step, pipeline or program has written since.
          log.info("somebody else has written to the file; going on at its end", { path, bytesCommitted: known.length, bytesFound: size });
          this.#state = await stateNow(handle, { generation: known.generation + 1, since: clock.now() });
          await journal.note(path, this.#state);
        } else {
          if (known.length < size) {
            await handle.truncate(known.length);
            log.info("cut off bytes that were written but not committed; their records come again", { path, bytes: size - known.length });
          }
          this.#state = known;
        }
        await journal.reopen(path);
      } else {
        const generation = Math.max(known?.generation ?? 0, committed?.generation ?? 0) + 1;
        const state = await stateNow(handle, { generation, since: clock.now() });
        if (known !== undefined && state.inode === known.inode && 0 < known.length)
          log.warn("the file is not as we left it; appending to what is there", { path, bytesCommitted: known.length, bytesFound: state.length });
        await journal.note(path, state);
        await journal.reopen(path);
        this.#state = state;
      }
    } catch (error) {
      await handle.close();
      throw error;
    }
    this.#end = this.#state.length;
    this.#last = Promise.resolve(true);
    this.#isBroken = false;
    this.#lastLookMs = clock.now();
    this.#handle = handle;
  }

  /** Ends the use of the file at this path; the next write opens a new one. Puts it off while a commit is outstanding. */
  async #leave(reason: "rotation" | "moved away", signal: AbortSignal): Promise<void> {
    const { path, clock, log, zone, onRotated } = this.#parts;
    await this.#last;
    if (this.#isBroken) await this.#cutBack();
    for (let waitedMs = 0; !this.#isAllCommitted(); waitedMs += COMMIT_LOOK_MS) {
      if (signal.aborted) throw new Error("stopped while a commit was waited for");
      if (COMMIT_WAIT_MS <= waitedMs) return log.debug("a file is changed later: its last bytes are not committed yet", { path, reason });
      await clock.pause(COMMIT_LOOK_MS, signal);
    }
    const isOurs = (await inodeAt(path)) === this.#state?.inode;
    const to = isOurs && reason === "rotation" ? await freeName(path, { nowMs: clock.now(), zone }) : undefined;
    await this.#closeHandle(); // Windows renames only what is closed.
    if (to === undefined) return log.info("the file was moved away; going on with a new one", { path });
    await rename(path, to);
    log.info("rotated a file", { path, to });
    onRotated();
  }

  async #closeHandle(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    if (this.isUnsynced) await handle?.datasync();
    this.isUnsynced = false;
    await handle?.close();
  }

  #isAllCommitted(): boolean {
    const state = this.#state;
    if (state === undefined) return true;
    const committed = this.#parts.committed();
    if (committed !== undefined && committed.generation === state.generation) return state.length <= committed.length;
    // Nothing of ours is in it yet.
    return this.#parts.journal.get(this.#parts.path)?.length === state.length;
  }

  /** Cut short by somebody (copytruncate), our place would leave a hole; made longer, our bytes would go over theirs. */
  async #checkLength(handle: FileHandle): Promise<void> {
    const { size } = fstatSync(handle.fd);
    if ((this.#state?.length ?? 0) <= size && size <= this.#end) return;
    await this.#last;
    const { path, journal, clock, log } = this.#parts;
    const state = await stateNow(handle, { generation: (this.#state?.generation ?? 0) + 1, since: clock.now() });
    log.warn("somebody else changes the file; going on at its end", { path, bytesExpected: this.#end, bytesFound: state.length });
    await journal.note(path, state);
    this.#state = state;
    this.#end = state.length;
  }

  async #hasMoved(): Promise<boolean> {
    const now = this.#parts.clock.now();
    if (now - this.#lastLookMs < LOOK_MS) return false;
    this.#lastLookMs = now;
    return (await inodeAt(this.#parts.path)) !== this.#state?.inode;
  }
}
