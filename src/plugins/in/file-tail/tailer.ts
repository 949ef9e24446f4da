// The reading loop. Files with something to read wait in line; each has one read at a time and goes to the end of the
// line. What is large is read in the background, the next read always under way while the last one is worked on; what
// is small (a line just written) is read at once, which is faster than any thread.
import { fstatSync, read, readSync } from "node:fs";
import { inStep } from "#base/in-step.ts";
import type { Delivery, Input, PluginContext } from "#sdk/plugin.ts";
import type { Chunk } from "#dataplane/memory.ts";
import { MemoryFullError } from "#dataplane/memory.ts";
import { readerOf } from "./continuation.ts";
import { Descriptors } from "./descriptors.ts";
import { DirectoryWatch } from "./directory-watch.ts";
import { encodingOf } from "../parts/encoding.ts";
import { Hand } from "./hand-out.ts";
import { planLiveRead, planRead, settleRead } from "./read-plan.ts";
import type { LineLimits } from "../parts/long-lines.ts";
import type { ReadPlan } from "./read-plan.ts";
import { Roster } from "./roster.ts";
import type { RosterOptions } from "./roster.ts";
import type { TailFile } from "./tail-file.ts";

export interface TailerOptions extends RosterOptions, LineLimits {
  readonly refreshMs: number;
  readonly pollMs: number;
}

interface Turn {
  readonly file: TailFile;
  readonly plan: ReadPlan;
  /** Size of the file when the read began, where it was looked at. */
  readonly size: number | undefined;
}

interface Reading extends Turn {
  readonly chunk: Chunk;
  readonly got: number | Promise<number | Error>;
}

/** Up to so many bytes are read at once instead of in the background. */
const AT_ONCE_BYTES_MAX = 65_536;
const MEMORY_FULL_PAUSE_MS = 20;
/** After a change in a folder it is looked through again, but for at most a tenth of the time. */
const REFRESH_SOON_MS = 5;
const REFRESH_SHARE = 10;

/**
 * A file that was read to its end and has changed: most likely a line was added. It is read without looking at its size; when that
 * brings no whole line, the file is looked at properly.
 */
function liveTurn(file: TailFile): Turn | undefined {
  const isLive = file.isLive && file.descriptor !== undefined && file.scannedTo === file.offset && !file.isEnding;
  file.isLive = false;
  return isLive ? { file, plan: planLiveRead(file), size: undefined } : undefined;
}

/** It or one that is read before it. */
function isBeingUnpacked({ unpacking, isFinished, before }: TailFile): boolean {
  return unpacking === "under way" || (!isFinished && before !== undefined && isBeingUnpacked(before));
}

export class Tailer implements Input {
  readonly #options: TailerOptions;
  readonly #context: PluginContext;
  readonly #descriptors: Descriptors;
  readonly #watch: DirectoryWatch;
  readonly #roster: Roster;
  readonly #ready = new Set<TailFile>();
  readonly #refreshTimer: NodeJS.Timeout | undefined;
  readonly #endLooking: (() => void) | undefined;
  #soon: NodeJS.Timeout | undefined;
  #hand: Hand | undefined;
  #ahead: Reading | undefined;
  /** Memory that the next read waits for. */
  #wantedBytes = 0;
  #wake: (() => void) | undefined;
  readonly #onAbort = (): void => this.#wake?.();
  #stop: AbortSignal | undefined;
  #isLastRound = false;
  #isClosed = false;
  #refreshTookMs = 0;

  constructor(options: TailerOptions, context: PluginContext) {
    this.#options = options;
    this.#context = context;
    const { log } = context;
    this.#descriptors = new Descriptors((most) => log.warn("the system gives no more open files; fewer are kept open", { most, hint: "raise the limit of open files (ulimit -n)" }));
    this.#roster = new Roster(options, context, this.#descriptors, (file) => this.#enqueue(file));
    this.#watch = new DirectoryWatch(
      (folder, name, isRename) => this.#changed(folder, name, isRename),
      (path, code) => log.warn("a folder cannot be watched; its files are looked at in turn", { path, code, ...(code === "ENOSPC" ? { hint: "raise fs.inotify.max_user_watches" } : {}) }),
    );
    this.#refresh();
    if (!options.follow) return;
    this.#refreshTimer = setInterval(() => this.#refresh(), options.refreshMs);
    this.#endLooking = inStep(options.pollMs, () => this.#roster.look());
  }

  async read(signal: AbortSignal): Promise<Delivery | undefined> {
    while (!this.#isClosed) {
      try {
        const delivery = this.#handOut();
        if (delivery !== undefined) return delivery;
        if (signal.aborted) return undefined;
        const reading = this.#ahead ?? this.#startRead(true);
        this.#ahead = undefined;
        if (reading !== undefined) {
          const got = typeof reading.got === "number" ? reading.got : await reading.got;
          this.#settle(reading, got);
          if (this.#hand !== undefined) this.#ahead = this.#startRead(false);
        } else if (0 < this.#wantedBytes) await this.#context.pool.room(this.#wantedBytes, signal);
        else if (this.#hasEnded()) return undefined;
        else await this.#change(signal);
      } catch (error) {
        // Others hold the memory now; they give it back as their batches are written.
        if (!(error instanceof MemoryFullError)) throw error;
        await this.#context.clock.pause(MEMORY_FULL_PAUSE_MS, signal);
        if (signal.aborted) return undefined;
      }
    }
    return undefined;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#refreshTimer);
    this.#endLooking?.();
    clearTimeout(this.#soon);
    this.#watch.close();
    this.#stop?.removeEventListener("abort", this.#onAbort);
    this.#wake?.();
    await this.#ahead?.got;
    this.#ahead?.chunk.release();
    this.#hand?.release();
    await this.#roster.close();
    this.#descriptors.closeAll();
  }

  #handOut(): Delivery | undefined {
    while (this.#hand !== undefined) {
      const { file, batch, position } = this.#hand.next();
      if (this.#hand.isEmpty) this.#hand = undefined;
      this.#sayLongLines(file);
      if (batch !== undefined) return { batch, positions: this.#roster.book.forDelivery(file, position) };
    }
    return undefined;
  }

  /** Begins the next read. Without `mayBeSmall` only one in the background: what is small can wait until it is asked for. */
  #startRead(mayBeSmall: boolean): Reading | undefined {
    this.#wantedBytes = 0;
    for (const next of this.#ready) {
      const turn = this.#turnOf(next);
      if (turn === undefined) {
        this.#ready.delete(next);
        continue;
      }
      const { file, plan, size } = turn;
      // Room for the newline of an unfinished line.
      const bytes = plan.bytes + (plan.kind === "rest" || plan.kind === "piece" ? 4 : 0);
      const isSmall = plan.bytes <= AT_ONCE_BYTES_MAX;
      if (isSmall && !mayBeSmall) return undefined;
      const { pool } = this.#context;
      if (pool.limitBytes < pool.usedBytes + bytes && 0 < pool.usedBytes) {
        this.#wantedBytes = bytes;
        return undefined;
      }
      const chunk = pool.take(bytes);
      if (file === next) this.#ready.delete(next);
      return { file, plan, chunk, size, got: this.#readInto(file, chunk, plan, isSmall) };
    }
    return undefined;
  }

  /** What to read when it is this file's turn: of the file that had its path before, as long as that has something. */
  #turnOf(next: TailFile): Turn | undefined {
    const { before } = next;
    if (before?.isFinished === true) next.before = undefined;
    else if (before !== undefined) {
      const turn = this.#turnOf(before);
      if (turn !== undefined) return turn;
      // It is queued again when the other file is unpacked.
      if (isBeingUnpacked(before)) return undefined;
      if (before.detachedAtMs === undefined) next.before = undefined;
    }
    if (next.isFinished || next.copyOf !== undefined || next.unpacking === "under way" || next.isReading) return undefined;
    try {
      return liveTurn(next) ?? this.#planOf(next);
    } catch (error) {
      this.#roster.failed(next, error);
      return undefined;
    }
  }

  #planOf(file: TailFile): Turn | undefined {
    const wasOpen = file.descriptor !== undefined;
    const { generation } = file;
    const descriptor = this.#descriptors.open(file);
    if (!wasOpen && !this.#roster.verify(file, descriptor)) return undefined;
    const { size } = fstatSync(descriptor);
    if (size < file.offset) this.#roster.replaced(file);
    // What is left of its old text may be elsewhere, and goes first.
    if (generation !== file.generation) return this.#turnOf(file);
    if (size < file.scannedTo) {
      file.scannedTo = file.offset;
      file.isLineEndFound = false;
    }
    if (0 < size) file.encoding ??= encodingOf(this.#options.encoding, readerOf(descriptor)(0, 4));
    const plan = planRead(file, size, this.#options);
    if (plan !== undefined) return { file, plan, size };
    // It changed and is as long as before: perhaps it was emptied and filled up to the same place.
    if (!file.isUnchanged(readerOf(descriptor))) {
      this.#roster.replaced(file);
      return this.#turnOf(file);
    }
    if (file.isEnding) this.#roster.finish(file);
    return undefined;
  }

  #readInto(file: TailFile, chunk: Chunk, { from, bytes }: ReadPlan, isSmall: boolean): number | Promise<number | Error> {
    const { descriptor } = file;
    const { memory } = chunk.pool;
    if (descriptor === undefined) return 0;
    if (isSmall) {
      try {
        return readSync(descriptor, memory.bytes, chunk.pointer, bytes, from);
      } catch (error) {
        this.#roster.failed(file, error);
        return 0;
      }
    }
    file.isReading = true;
    return new Promise((resolve) => read(descriptor, memory.bytes, chunk.pointer, bytes, from, (error, got) => resolve(error ?? got)));
  }

  #settle({ file, plan, chunk, size, got }: Reading, outcome: number | Error): void {
    file.isReading = false;
    if (typeof outcome !== "number" || file.descriptor === undefined) {
      chunk.release();
      if (typeof outcome !== "number") this.#roster.failed(file, outcome);
      return;
    }
    const cut = settleRead(file, plan, chunk, outcome, this.#options, readerOf(file.descriptor), this.#context.clock.now());
    if (cut === "replaced") this.#roster.replaced(file);
    this.#sayTorn(file);
    if (typeof cut === "object") this.#hand = new Hand(cut, this.#context, this.#options);
    else chunk.release();
    // Where the read came to the end of the file, the next change tells when there is more.
    const isEndSeen = size === undefined ? typeof cut === "object" && outcome < plan.bytes : size <= plan.from + outcome;
    const isAtEnd = cut !== "replaced" && plan.kind === "lines" && isEndSeen && !file.isEnding && file.before === undefined && plan.generation === file.generation;
    if (!isAtEnd || typeof got !== "number") this.#ready.add(file);
    else file.isLive = typeof cut === "object";
    this.#sayLongLines(file);
  }

  #sayLongLines(file: TailFile): void {
    if (file.longLines === 0) return;
    this.#context.count("long_lines_total", file.longLines);
    file.longLines = 0;
    if (file.isFirst("long lines")) this.#context.log.warn(this.#options.longLines === "split" ? "a line is longer than max_line and is delivered in pieces" : "a line is longer than max_line and is left out", { path: file.path, maxLineBytes: this.#options.lineBytesMax });
  }

  #sayTorn(file: TailFile): void {
    if (file.tornBytes === 0) return;
    this.#context.count("invalid_characters_total", 1);
    this.#context.log.warn("the file ends in the middle of a character, which is left out", { path: file.path, encoding: file.encoding?.name, bytes: file.tornBytes });
    file.tornBytes = 0;
  }

  #enqueue(file: TailFile): void {
    this.#ready.add(file);
    if (file.isFinished || file.unpacking === "done") this.#readyBehind(file);
    this.#wake?.();
  }

  /** Those that wait for the file, and those that wait for them. */
  #readyBehind(file: TailFile): void {
    for (const other of this.#roster.files.all.values()) {
      if (other.before !== file) continue;
      this.#ready.add(other);
      this.#readyBehind(other);
    }
  }

  #changed(folder: string, name: string | undefined, isRename: boolean): void {
    if (this.#isClosed) return;
    const file = name === undefined ? undefined : this.#roster.files.at(folder + name);
    if (file !== undefined && !isRename) return this.#enqueue(file);
    if (file !== undefined) this.#roster.check(file);
    if (isRename || name === undefined) this.#refreshSoon();
  }

  #refreshSoon(leastMs = REFRESH_SOON_MS): void {
    if (!this.#options.follow || this.#soon !== undefined) return;
    this.#soon = setTimeout(() => {
      this.#soon = undefined;
      this.#refresh();
    }, Math.max(leastMs, this.#refreshTookMs * REFRESH_SHARE));
  }

  #refresh(): void {
    const began = process.uptime();
    const { directories } = this.#roster.refresh();
    const isWatchNew = this.#options.follow && this.#watch.set(directories);
    this.#refreshTookMs = (process.uptime() - began) * 1000;
    // What was made before the watch began is found by looking again.
    if (isWatchNew) this.#refreshSoon();
    else if (this.#roster.hasDeferred) this.#refreshSoon(this.#options.pollMs);
  }

  /** Without `follow`: at the end of all files, unfinished last lines are handed out in one more round. */
  #hasEnded(): boolean {
    if (this.#options.follow || this.#roster.isUnpacking || 0 < this.#ready.size) return false;
    if (this.#isLastRound) return true;
    this.#isLastRound = true;
    for (const file of this.#roster.files.all.values()) {
      file.isEnding = true;
      this.#ready.add(file);
    }
    return this.#ready.size === 0; // No file at all: nothing would ever wake the reader.
  }

  #change(signal: AbortSignal): Promise<void> {
    this.#wakeOnAbort(signal);
    return new Promise((resolve) => {
      if (0 < this.#ready.size || signal.aborted) return resolve();
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  /** One listener a signal, not one a line: every read brings the same one. */
  #wakeOnAbort(signal: AbortSignal): void {
    if (this.#stop === signal) return;
    this.#stop?.removeEventListener("abort", this.#onAbort);
    this.#stop = signal;
    signal.addEventListener("abort", this.#onAbort);
  }
}
