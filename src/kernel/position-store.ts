// Where each pipeline goes on after a restart: source positions and what outputs commit, in one text file a pipeline.
//
// A line is `crc32c-hex SP json`. The file begins with the whole state, `[{…}]`, written twice; every line after it is one
// commit, `{"key": value}`, null forgetting the key. A commit holds all its changes or none, so positions and outputs never
// disagree. Reading stops at the first bad line for the same reason: a later commit without an earlier one could lie.
// Deleting the file is allowed: everything is read and sent again.
import fs from "node:fs";
import { join } from "node:path";
import { systemCode, toError, UsageError } from "#base/errors.ts";
import { fileSafeName } from "#base/file-name.ts";
import type { JsonValue } from "#base/json.ts";
import { lockFile } from "#base/lock-file.ts";
import type { FileLock } from "#base/lock-file.ts";
import { lineOf, readPositions, snapshotOf } from "./position-lines.ts";
import type { Changes } from "./position-lines.ts";

/** The log may grow to this before it is written anew. */
const COMPACT_BYTES_MIN = 256 << 10;
const FSYNC_INTERVAL_MS = 1000;
/** Damaged files kept for a person to look at; older ones are removed. */
const DAMAGED_FILES_MAX = 5;

/** `none`: the system writes when it likes. `interval`: within a second. `every`: a commit resolves when it is on the disk. */
export type Fsync = "none" | "interval" | "every";

export interface PositionStore {
  get(key: string): JsonValue | undefined;
  keys(prefix: string): readonly string[];
  /**
   * Writes all changes as one line. Throws when that fails (disk full); the changes then go with the next commit, so whoever
   * calls may say so and go on. Gives a promise only with `fsync: every`.
   */
  commit(changes: Changes): Promise<void> | void;
  close(): Promise<void>;
}

interface StoreOptions {
  /** Folder of the position files; made if it is missing. */
  readonly dir: string;
  /** The pipeline's name. */
  readonly name: string;
  readonly fsync?: Fsync;
  readonly log?: { warn(message: string, fields?: Record<string, unknown>): void };
}

/** Opens the pipeline's file and locks it. Throws UsageError when the folder cannot be written or another agent has it. */
export function openPositionStore({ dir, name, fsync = "interval", log = { warn() {} } }: StoreOptions): PositionStore {
  const path = join(dir, `${fileSafeName(name)}.pos`);
  const lock = lockFolder(dir, path);
  try {
    return new FileStore(path, fsync, log, lock);
  } catch (error) {
    lock.release();
    throw isReadOnly(error) ? readOnly(path, error) : error;
  }
}

/** What the file says now, for whoever only looks: it is not locked, and an agent may go on writing it. */
export function readCommitted({ dir, name }: Pick<StoreOptions, "dir" | "name">): ReadonlyMap<string, JsonValue> {
  return readPositions(readIfThere(join(dir, `${fileSafeName(name)}.pos`))).state;
}

function lockFolder(dir: string, path: string): FileLock {
  try {
    fs.mkdirSync(dir, { recursive: true });
    return lockFile(`${path}.lock`, "the position file");
  } catch (error) {
    throw isReadOnly(error) ? readOnly(dir, error) : error;
  }
}

function isReadOnly(error: unknown): boolean {
  return ["EACCES", "EPERM", "EROFS"].includes(systemCode(error) ?? "");
}
function readOnly(path: string, cause: unknown): UsageError {
  return new UsageError(`positions cannot be written: ${path} (${systemCode(cause)})`, { cause, hint: "Give the agent's user the right to write there, or set `pos_dir` or `agent: data_dir` to another folder." });
}

class FileStore implements PositionStore {
  readonly #path: string;
  readonly #fsync: Fsync;
  readonly #log: NonNullable<StoreOptions["log"]>;
  readonly #lock: FileLock;
  readonly #state: Map<string, JsonValue>;
  #fd = -1;
  /** Bytes of whole lines; what lies behind them is a line cut off by a failure. */
  #length = 0;
  #isTorn = false;
  /** Changes of commits that failed. */
  #unsaved: Changes | undefined;
  #compactAt = COMPACT_BYTES_MIN;
  /** Lines written since the snapshot of a compaction under way. */
  #since: Buffer[] | undefined;
  #compaction: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #hasFsyncFailed = false;

  constructor(path: string, fsync: Fsync, log: NonNullable<StoreOptions["log"]>, lock: FileLock) {
    this.#path = path;
    this.#fsync = fsync;
    this.#log = log;
    this.#lock = lock;
    const bytes = readIfThere(path);
    const found = readPositions(bytes);
    this.#state = found.state;
    if (found.problem !== undefined) this.#keepDamaged(bytes, found.problem, found.length);
    if (found.problem === undefined && 0 < found.length) {
      this.#fd = fs.openSync(path, "r+");
      this.#length = found.length;
    } else this.#startAnew();
  }

  get(key: string): JsonValue | undefined {
    return this.#state.get(key);
  }

  keys(prefix: string): readonly string[] {
    return [...this.#state.keys()].filter((key) => key.startsWith(prefix));
  }

  commit(changes: Changes): Promise<void> | void {
    for (const key in changes) {
      const value = changes[key];
      if (value === null || value === undefined) this.#state.delete(key);
      else this.#state.set(key, value);
    }
    const all = this.#unsaved === undefined ? changes : { ...this.#unsaved, ...changes };
    try {
      this.#append(lineOf(all));
      this.#unsaved = undefined;
    } catch (error) {
      this.#unsaved = all;
      throw error;
    }
    if (this.#compactAt < this.#length && this.#compaction === undefined) this.#compaction = this.#compact();
    if (this.#fsync === "every") return this.#flush();
    if (this.#fsync === "interval") this.#timer ??= setTimeout(() => void this.#flushSoon(), FSYNC_INTERVAL_MS).unref();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#compaction;
    try {
      if (this.#unsaved !== undefined) this.#append(lineOf(this.#unsaved));
      if (this.#fsync !== "none") await this.#flush();
    } finally {
      fs.closeSync(this.#fd);
      this.#lock.release();
    }
  }

  #append(line: Buffer): void {
    if (this.#isTorn) this.#repair();
    try {
      writeAll(this.#fd, line, this.#length);
    } catch (error) {
      this.#isTorn = true;
      this.#repair();
      throw error;
    }
    this.#length += line.length;
    this.#since?.push(line);
  }

  /** Cuts off a half-written line, so that the next start does not find damage. When that fails too, the next commit tries again. */
  #repair(): void {
    try {
      fs.ftruncateSync(this.#fd, this.#length);
      this.#isTorn = false;
    } catch (error) {
      this.#log.warn("half-written line left in the position file", { file: this.#path, error: toError(error).message });
    }
  }

  async #flushSoon(): Promise<void> {
    this.#timer = undefined;
    try {
      await this.#flush();
      this.#hasFsyncFailed = false;
    } catch (error) {
      if (!this.#hasFsyncFailed) this.#log.warn("positions not flushed to disk", { file: this.#path, error: toError(error).message });
      this.#hasFsyncFailed = true;
    }
  }

  #flush(): Promise<void> {
    const fd = this.#fd;
    return new Promise((resolve, reject) =>
      fs.fdatasync(fd, (error) => {
        // A compaction may have closed the old file meanwhile; the new one was flushed before it took over.
        if (error === null || fd !== this.#fd) resolve();
        else reject(error);
      }),
    );
  }

  /** Writes the state to a new file and lets it take over. Commits go on meanwhile, to the old file and behind the snapshot. */
  async #compact(): Promise<void> {
    const temporary = `${this.#path}.new`;
    let fd = -1;
    try {
      const snapshot = snapshotOf(this.#state);
      this.#since = [];
      fd = fs.openSync(temporary, "w+", 0o600);
      writeAll(fd, snapshot, 0);
      await new Promise<void>((resolve, reject) => fs.fdatasync(fd, (error) => (error === null ? resolve() : reject(error))));
      const since = Buffer.concat(this.#since);
      writeAll(fd, since, snapshot.length);
      if (this.#fsync === "every") fs.fdatasyncSync(fd);
      fs.renameSync(temporary, this.#path);
      const old = this.#fd;
      this.#fd = fd;
      fd = old;
      this.#length = snapshot.length + since.length;
      this.#isTorn = false;
      this.#compactAt = Math.max(COMPACT_BYTES_MIN, snapshot.length) + snapshot.length;
      syncFolderOf(this.#path);
    } catch (error) {
      this.#compactAt = this.#length * 2;
      this.#log.warn("position file not compacted", { file: this.#path, error: toError(error).message });
      fs.rmSync(temporary, { force: true });
    } finally {
      this.#since = undefined;
      this.#compaction = undefined;
      if (0 <= fd) fs.closeSync(fd);
    }
  }

  #startAnew(): void {
    const temporary = `${this.#path}.new`;
    const snapshot = snapshotOf(this.#state);
    this.#fd = fs.openSync(temporary, "w+", 0o600);
    writeAll(this.#fd, snapshot, 0);
    fs.fdatasyncSync(this.#fd);
    fs.renameSync(temporary, this.#path);
    syncFolderOf(this.#path);
    this.#length = snapshot.length;
  }

  /** Keeps a copy of a file that has bad lines, before it is written anew. */
  #keepDamaged(bytes: Buffer, problem: string, good: number): void {
    const kept = `${this.#path}.damaged-${new Date().toISOString().replaceAll(/[-:.]/g, "")}`;
    let copy: string | undefined = kept;
    try {
      fs.writeFileSync(kept, bytes, { mode: 0o600 });
      removeOldDamaged(this.#path);
    } catch (error) {
      copy = undefined;
      this.#log.warn("damaged position file could not be kept", { file: kept, error: toError(error).message });
    }
    this.#log.warn("position file damaged: what was committed behind the damage is read and sent again", { file: this.#path, problem, goodBytes: good, ignoredBytes: bytes.length - good, kept: copy });
  }
}

function removeOldDamaged(path: string): void {
  const dir = join(path, "..");
  const prefix = `${path.slice(dir.length + 1)}.damaged-`;
  const names = fs.readdirSync(dir).filter((name) => name.startsWith(prefix)).sort();
  for (const name of names.slice(0, -DAMAGED_FILES_MAX)) fs.rmSync(join(dir, name), { force: true });
}

function readIfThere(path: string): Buffer {
  try {
    return fs.readFileSync(path);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return Buffer.alloc(0);
    throw error;
  }
}

function writeAll(fd: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; ) done += fs.writeSync(fd, bytes, done, bytes.length - done, position + done);
}

/** Makes a rename last; Windows has no such call and needs none. */
function syncFolderOf(path: string): void {
  if (process.platform === "win32") return;
  const fd = fs.openSync(join(path, ".."), "r");
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
