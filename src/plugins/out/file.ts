// Appends to files, each record exactly once: how long a file is gets committed in the same record as the positions of the
// input, and what lies behind that after a crash is cut off before the records come again.
//
// The promise holds against `kill -9`. Against a power failure it holds with `fsync: every`.
import { join } from "node:path";
import { gzip, zstdCompress, constants } from "node:zlib";
import { promisify } from "node:util";
import type { JsonValue } from "#base/json.ts";
import { systemCode } from "#base/errors.ts";
import type { Slice } from "#dataplane/batch.ts";
import { duration, size } from "#sdk/options.ts";
import { defineOutput, z } from "#sdk/plugin.ts";
import type { PluginContext, Written } from "#sdk/plugin.ts";
import { AppendFile } from "./file/append-file.ts";
import type { FileState } from "./file/file-state.ts";
import { stateOf } from "./file/file-state.ts";
import { Journal } from "./file/journal.ts";
import { pathPattern, unknownCodes } from "./file/path-pattern.ts";
import { isPeriodOver } from "./file/period.ts";
import { EXTENSIONS, tidyRotated } from "./file/rotated-files.ts";
import { payloadOf } from "./parts/payload.ts";
import { timeOptions, timeStyles } from "./parts/time-style.ts";

const compression = z.enum(["none", "gzip", "zstd"]).default("none");

const options = z.strictObject({
  path: z
    .string()
    .min(1)
    .superRefine((path, context) => {
      for (const code of unknownCodes(path))
        context.addIssue({
          code: "custom",
          message: `${code} is no time code; use %Y %y %m %d %H %M %S %j, or %% for a percent sign`,
          params: { ko: `${code} 는 시간 코드가 아닙니다. %Y %y %m %d %H %M %S %j 를 쓰고, 퍼센트 글자는 %% 로 쓰세요` },
        });
    })
    .meta({
      description: "File to append to. Time codes (%Y %m %d %H %M %S) stand for when a batch was read, ${tag} for its tag.",
      ko: "내용을 덧붙일 파일. 시간 코드(%Y %m %d %H %M %S)는 배치를 읽은 시각, ${tag}는 태그로 바뀝니다.",
    }),
  format: z.enum(["auto", "lines", "json", "msgpack"]).default("auto").meta({
    description: "auto: text that nobody parsed stays as it is, records become JSON lines. lines: the original line. msgpack: Fluentd entries.",
    ko: "auto: 파싱하지 않은 줄은 그대로, 레코드는 JSON 한 줄씩. lines: 원래 줄. msgpack: Fluentd 엔트리.",
  }),
  ...timeOptions({ zone: "utc" }),
  compress: compression.meta({
    description: "Compresses each batch as a member of its own (gzip) or a frame (zstd); give it big batches. .gz or .zst is added to the path.",
    ko: "배치마다 gzip 멤버나 zstd 프레임 하나로 압축합니다. 배치가 클수록 좋습니다. 경로에 .gz, .zst가 붙습니다.",
  }),
  rotate: z
    .strictObject({
      size: size()
        .optional()
        .meta({ description: "Begin a new file before this one would get bigger.", ko: "파일이 이 크기를 넘기 전에 새 파일을 시작합니다." }),
      every: z
        .union([z.enum(["hourly", "daily"]), duration()])
        .optional()
        .meta({
          description: "Begin a new file each hour or day of `time_zone`, or when the file is this old; done at the next write.",
          ko: "매시간, 매일(time_zone 기준), 또는 이 시간이 지나면 다음 쓰기 때 새 파일을 시작합니다.",
        }),
      keep: z
        .int()
        .min(1)
        .optional()
        .meta({ description: "How many rotated files of a path stay; without it all do.", ko: "경로마다 남길 지난 파일 수. 없으면 모두 남깁니다." }),
      compress: compression.meta({ description: "Compresses rotated files.", ko: "지난 파일을 압축합니다." }),
    })
    .prefault({})
    .meta({
      description: "When a file ends and what becomes of it: it is renamed to PATH.YYYYMMDD-HHMMSS-mmm.",
      ko: "파일을 언제 끝내고 어떻게 할지. 끝난 파일은 PATH.YYYYMMDD-HHMMSS-mmm 으로 바뀝니다.",
    }),
  fsync: z.enum(["none", "interval", "every"]).default("none").meta({
    description: "When bytes are forced to the disk: never (the system does it in its time), each `fsync_interval`, or with every batch.",
    ko: "디스크 동기화 시점: none(운영체제에 맡김), interval(fsync_interval마다), every(배치마다).",
  }),
  fsync_interval: duration().prefault("1s").meta({ description: "How often `fsync: interval` does it.", ko: "fsync: interval의 간격." }),
  mkdir: z.boolean().default(true).meta({ description: "Make missing folders.", ko: "없는 폴더를 만듭니다." }),
});
type Options = z.output<typeof options>;

export const file = defineOutput({
  name: "File",
  summary: {
    en: "Appends to files, each record exactly once; rotates and compresses them.",
    ko: "파일에 레코드를 정확히 한 번씩 덧붙이고, 회전하고 압축합니다.",
  },
  options,
  shorthand: "path",
  example: "- out.File:\n    path: logs/access-%Y%m%d.json\n    rotate: { size: 100MB, keep: 10, compress: gzip }",
  address: ({ path }) => path,
  async open(given, context) {
    const files = new Files(given, context);
    await files.repairAll();
    return {
      // Two writes overlap the copy into the page cache with the making of the next bytes; one more covers unevenness.
      concurrency: 3,
      write: (batch, signal) => files.write(batch, signal),
      committed: () => files.committed(),
      close: () => files.close(),
    };
  },
});

/** Open files beyond this number are closed, the longest unused first; so are those unused for this long. */
const OPEN_MAX = 64;
const IDLE_MS = 60_000;
const ZSTD_LEVEL = 3;
const GZIP_LEVEL = 6;
const compressors = {
  gzip: (bytes: Buffer) => promisify(gzip)(bytes, { level: GZIP_LEVEL }),
  zstd: (bytes: Buffer) => promisify(zstdCompress)(bytes, { params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } }),
};

/** The files of one step. */
class Files {
  readonly #options: Options;
  readonly #context: PluginContext;
  readonly #pathOf: ReturnType<typeof pathPattern>;
  readonly #styleAt: ReturnType<typeof timeStyles>;
  readonly #journal: Journal;
  readonly #prefix: string;
  readonly #open = new Map<string, AppendFile>();
  /** Keys of files that are closed and whole: the next commit forgets them. */
  readonly #forgotten = new Set<string>();
  /** Compression and deletion of rotated files, one after the other, in the background. */
  #tidying: Promise<void> = Promise.resolve();
  readonly #closing = new AbortController();
  readonly #syncTimer: NodeJS.Timeout | undefined;

  constructor(given: Options, context: PluginContext) {
    this.#options = given;
    this.#context = context;
    const extension = EXTENSIONS[given.compress];
    this.#pathOf = pathPattern(given.path.endsWith(extension) ? given.path : given.path + extension, { dir: context.configDir, zone: given.time_zone });
    this.#styleAt = timeStyles(given);
    this.#journal = new Journal(join(context.dataDir, `file-${context.step}.json`), context.log);
    this.#prefix = `file:${context.step}:`;
    if (given.fsync === "interval") this.#syncTimer = setInterval(() => void this.#syncAll(), given.fsync_interval).unref();
  }

  /** What an earlier run wrote and did not commit is cut off now, also in files that no new record goes to. */
  async repairAll(): Promise<void> {
    const { committedKeys, log } = this.#context;
    const paths = new Set([...committedKeys(this.#prefix).map((key) => key.slice(this.#prefix.length)), ...this.#journal.paths]);
    for (const path of paths) {
      try {
        if (await this.#fileAt(path).repair()) this.#tidy(path);
        else await this.#forget(path);
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
        slice = payloadOf(batch, format, this.#styleAt(batch.facts.seconds));
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
    for (const each of this.#open.values()) await each.close();
    this.#open.clear();
  }

  #key(path: string): string {
    return this.#prefix + path;
  }

  #committedOf(path: string): FileState | undefined {
    return stateOf(this.#context.committed(this.#key(path)));
  }

  #fileAt(path: string): AppendFile {
    const known = this.#open.get(path);
    if (known !== undefined) return known;
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
    const isForgotten = this.#journal.drop((other) => other === path);
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
