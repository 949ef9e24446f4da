// The files one out.File step writes to: opened when a batch is for them, closed when unused, tidied after a rotation.
import { join } from "node:path";
import { promisify } from "node:util";
import { systemCode } from "#base/errors.ts";
import type { JsonValue } from "#base/json.ts";
import { nodeZlib } from "#base/on-demand.ts";
import type { Slice } from "#dataplane/batch.ts";
import type { PluginContext, Written } from "#sdk/plugin.ts";
import type { FileOptions } from "../file.ts";
import { payloadOf } from "../parts/payload.ts";
import { timeStyles } from "../parts/time-style.ts";
import { AppendFile } from "./append-file.ts";
import { stateOf } from "./file-state.ts";
import type { FileState } from "./file-state.ts";
import { closeJournal, openJournal } from "./journal.ts";
import type { Journal } from "./journal.ts";
import { pathPattern } from "./path-pattern.ts";
import { isPeriodOver } from "./period.ts";
import { EXTENSIONS, tidyRotated } from "./rotated-files.ts";

/** Open files beyond this number are closed, the longest unused first; so are those unused for this long. */
const OPEN_MAX = 64;
const IDLE_MS = 60_000;
/** Of keys in the pipeline's commits; behind it the step's number and the path. */
const KEY_PREFIX = "file:";
const ZSTD_LEVEL = 3;
const GZIP_LEVEL = 6;
const compressors = {
  gzip: (bytes: Buffer) => promisify(nodeZlib().gzip)(bytes, { level: GZIP_LEVEL }),
  zstd(bytes: Buffer) {
    const { constants, zstdCompress } = nodeZlib();
    return promisify(zstdCompress)(bytes, { params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } });
  },
};

/** The files of one step. */
export class Files {
  readonly #options: FileOptions;
  readonly #context: PluginContext;
  readonly #pathOf: ReturnType<typeof pathPattern>;
  readonly #styleAt: ReturnType<typeof timeStyles>;
  readonly #journalFile: string;
  readonly #journal: Journal;
  readonly #prefix: string;
  readonly #open = new Map<string, AppendFile>();
  /** What another step had committed of a file, before the config changed: where this one goes on. */
  readonly #adopted = new Map<string, FileState>();
  /** Keys of files that are closed and whole: the next commit forgets them. */
  readonly #forgotten = new Set<string>();
  /** Compression and deletion of rotated files, one after the other, in the background. */
  #tidying: Promise<void> = Promise.resolve();
  readonly #closing = new AbortController();
  readonly #syncTimer: NodeJS.Timeout | undefined;

  constructor(given: FileOptions, context: PluginContext) {
    this.#options = given;
    this.#context = context;
    const extension = EXTENSIONS[given.compress];
    this.#pathOf = pathPattern(given.path.endsWith(extension) ? given.path : given.path + extension, { dir: context.configDir, zone: given.time_zone });
    this.#styleAt = timeStyles(given);
    this.#journalFile = join(context.dataDir, "files.json");
    this.#journal = openJournal(this.#journalFile, context.log);
    this.#prefix = `${KEY_PREFIX}${context.step}:`;
    if (given.fsync === "interval") this.#syncTimer = setInterval(() => void this.#syncAll(), given.fsync_interval).unref();
  }

  /** What an earlier run wrote and did not commit is cut off now, also in files that no new record goes to. */
  async repairAll(): Promise<void> {
    const { committedKeys, log } = this.#context;
    const own = new Set(committedKeys(this.#prefix).map((key) => key.slice(this.#prefix.length)));
    for (const path of new Set([...own, ...this.#journal.paths])) {
      try {
        const each = this.#fileAt(path);
        const isThere = await each.repair();
        if (isThere) this.#tidy(path);
        if (own.has(path) && !isThere) await this.#forget(path);
        // It may be another step's.
        if (!own.has(path)) {
          this.#open.delete(path);
          await each.close();
        }
      } catch (error) {
        log.warn("a file written earlier cannot be looked at", { path, error });
      }
    }
  }

  async write(batch: Parameters<typeof payloadOf>[0], signal: AbortSignal): Promise<Written> {
    const path = this.#pathOf(batch.facts);
    const { format, compress } = this.#options;
    let slice: Slice | undefined;
    try {
      const make = (): Promise<Buffer> | Buffer => {
        slice = payloadOf(batch, format, this.#styleAt(batch.facts.seconds), this.#options.columns);
        return compress === "none" || slice.length === 0 ? slice.bytes : compressors[compress](slice.bytes);
      };
      const state = await this.#fileAt(path).append(batch, make, signal);
      this.#forgotten.delete(this.#key(path));
      const commit: Record<string, JsonValue> = { [this.#key(path)]: state };
      for (const key of this.#forgotten) commit[key] = null;
      this.#forgotten.clear();
      if (1 < this.#open.size) await this.#closeUnused();
      return { commit, bytes: slice?.length ?? 0 };
    } finally {
      slice?.release();
    }
  }

  async committed(): Promise<void> {
    await this.#journal.drop((path, noted) => noted.generation <= (this.#committedOf(path)?.generation ?? 0));
  }

  async close(): Promise<void> {
    clearInterval(this.#syncTimer);
    this.#closing.abort();
    await this.#tidying;
    if (this.#options.fsync === "interval") await this.#syncAll();
    const closed = new Map([...this.#open].flatMap(([path, each]) => { const state = each.settledState; return state === undefined ? [] : [[path, state] as const]; }));
    for (const each of this.#open.values()) await each.close();
    this.#open.clear();
    await this.#journal.close(closed);
    closeJournal(this.#journalFile);
  }

  #key(path: string): string {
    return this.#prefix + path;
  }

  #committedOf(path: string): FileState | undefined {
    return newest(stateOf(this.#context.committed(this.#key(path))), this.#adopted.get(path));
  }

  /** A step's number changes when steps are put in before it: the file is the same, and so is how much of it is committed. */
  #adopt(path: string): void {
    const { committed, committedKeys } = this.#context;
    const own = this.#key(path);
    for (const key of committedKeys(KEY_PREFIX)) {
      if (key === own || !key.endsWith(`:${path}`)) continue;
      const state = newest(this.#adopted.get(path), stateOf(committed(key)));
      if (state !== undefined) this.#adopted.set(path, state);
      this.#forgotten.add(key);
    }
  }

  #fileAt(path: string): AppendFile {
    const known = this.#open.get(path);
    if (known !== undefined) return known;
    this.#adopt(path);
    const { clock, log } = this.#context;
    const { rotate, fsync, mkdir, time_zone: zone } = this.#options;
    const made = new AppendFile({
      path,
      journal: this.#journal,
      committed: () => this.#committedOf(path),
      isDue: (state, bytes) =>
        (rotate.size !== undefined && rotate.size < state.length + bytes) ||
        (rotate.every !== undefined && isPeriodOver(rotate.every, { sinceMs: state.since, nowMs: clock.now(), zone })),
      onRotated: () => this.#tidy(path),
      fsync,
      mkdir,
      zone,
      clock,
      log,
    });
    this.#open.set(path, made);
    return made;
  }

  /** Compresses and deletes what rotation left, in the background: new records do not wait for it. */
  #tidy(path: string): void {
    const { rotate } = this.#options;
    if (rotate.keep === undefined && rotate.compress === "none") return;
    const { signal } = this.#closing;
    this.#tidying = this.#tidying
      .then(() => (signal.aborted ? undefined : tidyRotated(path, { compress: rotate.compress, keep: rotate.keep, signal })))
      .catch((error: unknown) => {
        if (!signal.aborted) this.#context.log.warn("rotated files could not be tidied; tried again after the next rotation", { path, error });
      });
  }

  async #closeUnused(): Promise<void> {
    const now = this.#context.clock.now();
    const byUse = [...this.#open].sort(([, one], [, other]) => one.usedAtMs - other.usedAtMs);
    for (const [path, each] of byUse) {
      if (this.#open.size <= OPEN_MAX && now - each.usedAtMs < IDLE_MS) return;
      if (!each.isSettled) continue;
      this.#open.delete(path);
      await each.close();
      if (!this.#open.has(path)) await this.#forget(path); // Unless a write came for it meanwhile.
    }
  }

  /** Nothing in the file is uncommitted: its length need not be kept. The journal forgets first, or it would cut the file later. */
  async #forget(path: string): Promise<void> {
    const isForgotten = this.#journal.forget(path);
    this.#forgotten.add(this.#key(path)); // At once: a write that comes now takes it out again.
    await isForgotten;
  }

  async #syncAll(): Promise<void> {
    for (const [path, each] of this.#open) {
      if (!each.isUnsynced) continue;
      await each.sync().catch((error: unknown) => this.#context.log.error("a file could not be forced to the disk", { path, error, code: systemCode(error) }));
    }
  }
}

function newest(one: FileState | undefined, other: FileState | undefined): FileState | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const isOther = one.generation < other.generation || (one.generation === other.generation && one.length < other.length);
  return isOther ? other : one;
}
