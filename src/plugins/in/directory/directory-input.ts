// One file after the other, each to its end; how far is a position by file. Files are put away after the commit of their last batch.
import { resolve } from "node:path";
import { systemCode, toError } from "#base/errors.ts";
import type { JsonValue } from "#base/json.ts";
import { composed } from "#base/text.ts";
import { Batch } from "#dataplane/batch.ts";
import type { Facts } from "#dataplane/batch.ts";
import type { Delivery, Input, PluginContext } from "#sdk/plugin.ts";
import type { ByteSource } from "../parts/byte-source.ts";
import { encodingOf } from "../parts/encoding.ts";
import { fileTag } from "../parts/file-tag.ts";
import { FileFinder } from "./file-finder.ts";
import type { FoundFile } from "./file-finder.ts";
import { FileLines } from "./file-lines.ts";
import type { KnownFile } from "./known-file.ts";
import { isSame, knownFileFrom, positionOf } from "./known-file.ts";
import { isCompressed, openFile } from "./open-file.ts";
import { putAway } from "./put-away.ts";
import { wholeFile } from "./whole-file.ts";

export interface DirectoryOptions {
  readonly path: string | readonly string[];
  readonly exclude: string | readonly string[];
  readonly stableMs: number;
  readonly pollMs: number;
  readonly order: "name" | "mtime";
  readonly format: "lines" | "whole";
  readonly after: "keep" | "delete" | "move";
  readonly moveTo: string | undefined;
  readonly encoding: string;
  readonly lineBytesMax: number;
  readonly contentBytesMax: number;
  readonly tag: string;
}

interface Reading {
  readonly file: FoundFile;
  readonly source: ByteSource;
  readonly lines: FileLines;
}

const POSITION = "directory:";
/** A file that could not be read is tried again after this. */
const RETRY_MS = 60_000;
/** A file that is missing is forgotten after this: a disk that was away for a moment is not read again. */
const FORGET_MS = 3_600_000;
/** Looking takes no more than this share of the time. */
const LOOK_SHARE = 10;

export class DirectoryInput implements Input {
  readonly #options: DirectoryOptions;
  readonly #context: PluginContext;
  readonly #finder: FileFinder;
  readonly #known = new Map<string, KnownFile>();
  /** How many batches of a file are under way. */
  readonly #unsettled = new Map<string, number>();
  readonly #failed = new Map<string, { readonly identity: FoundFile["identity"]; readonly retryMs: number }>();
  readonly #missingSinceMs = new Map<string, number>();
  /** Positions of files that are gone, to be forgotten with the next commit. */
  readonly #toForget = new Set<string>();
  /** Things said once, of files that are there. */
  readonly #said = new Set<string>();
  #queue: FoundFile[] = [];
  #reading: Reading | undefined;
  #hasLooked = false;

  constructor(options: DirectoryOptions, context: PluginContext) {
    this.#options = { ...options, moveTo: options.moveTo === undefined ? undefined : resolve(context.configDir, options.moveTo).replaceAll("\\", "/") };
    this.#context = context;
    this.#finder = new FileFinder({ ...this.#options, stableMs: context.mode === "test" ? 0 : options.stableMs }, context.configDir);
    for (const key of context.committedKeys(POSITION)) {
      const known = knownFileFrom(context.committed(key));
      if (known !== undefined) this.#known.set(key.slice(POSITION.length), known);
    }
  }

  async read(signal: AbortSignal): Promise<Delivery | undefined> {
    while (!signal.aborted) {
      if (this.#reading !== undefined) {
        const delivery = await this.#readOn(this.#reading, signal);
        if (delivery !== undefined) return delivery;
        continue;
      }
      const next = this.#queue.shift();
      if (next !== undefined) {
        const delivery = await this.#begin(next, signal);
        if (delivery !== undefined) return delivery;
        continue;
      }
      const startedMs = performance.now();
      if (this.#hasLooked && this.#context.mode === "test") return undefined;
      await this.#look(signal);
      const lookMs = performance.now() - startedMs;
      if (this.#queue.length === 0 && this.#context.mode === "run") await this.#context.clock.pause(Math.max(this.#options.pollMs, lookMs * LOOK_SHARE), signal);
    }
    return undefined;
  }

  async close(): Promise<void> {
    this.#reading?.source.close();
    this.#reading = undefined;
  }

  async #look(signal: AbortSignal): Promise<void> {
    const now = this.#context.clock.now();
    const { files, problems } = this.#finder.look(now);
    this.#hasLooked = true;
    for (const [path, code] of problems) this.#sayOnce(path, "a folder cannot be read; it is looked at again", { path, code });
    for (const file of files) {
      if (signal.aborted) return;
      if (!file.isStable || this.#unsettled.has(file.key)) continue;
      const failed = this.#failed.get(file.key);
      if (failed !== undefined && isSame(failed.identity, file.identity) && now < failed.retryMs) continue;
      const known = this.#known.get(file.key);
      if (known?.isDone === true && isSame(known.identity, file.identity)) await this.#putAway(file);
      else this.#queue.push(file);
    }
    this.#forgetMissing(new Set(files.map(({ key }) => key)), [...problems.keys()], now);
  }

  /** What is remembered is bounded by what is in the folders; of a folder that cannot be read nobody knows. */
  #forgetMissing(there: ReadonlySet<string>, unread: readonly string[], now: number): void {
    for (const key of this.#failed.keys()) if (!there.has(key)) this.#failed.delete(key);
    for (const key of this.#known.keys()) {
      if (there.has(key) || this.#unsettled.has(key) || unread.some((place) => key.startsWith(place))) this.#missingSinceMs.delete(key);
      else if (!this.#missingSinceMs.has(key)) this.#missingSinceMs.set(key, now);
      else if (FORGET_MS <= now - (this.#missingSinceMs.get(key) ?? now)) this.#forget(key);
    }
    if (this.#said.size > 1000 + there.size) this.#said.clear();
  }

  #forget(key: string): void {
    this.#known.delete(key);
    this.#missingSinceMs.delete(key);
    this.#toForget.add(key);
  }

  async #begin(file: FoundFile, signal: AbortSignal): Promise<Delivery | undefined> {
    const { encoding: name, format, contentBytesMax, lineBytesMax } = this.#options;
    const { pool } = this.#context;
    try {
      if (format === "whole") {
        const whole = await wholeFile(file, name, contentBytesMax, this.#facts(file), pool, signal);
        if (whole === undefined) return this.#later(file);
        if (whole !== "too large") return this.#delivery(file, whole, file.identity.bytes, true);
        this.#fail(file, "a file has more than max_content and is left alone", { contentBytesMax }, Number.POSITIVE_INFINITY);
        return undefined;
      }
      const start = this.#startOf(file);
      const source = await openFile(file.path, file.exact, /^utf-?16$/i.test(name) ? 0 : start, signal);
      let encoding = encodingOf(name, Buffer.alloc(0));
      if (/^utf-?16$/i.test(name)) {
        // Which of the two it is, its first bytes tell.
        const head = Buffer.alloc(2);
        await source.read(head, signal);
        source.close();
        encoding = encodingOf(name, head);
      }
      const from = /^utf-?16$/i.test(name) ? await openFile(file.path, file.exact, start, signal) : source;
      if (signal.aborted) {
        from.close(); // It may not stand where it should.
        return this.#later(file);
      }
      const bytesExpected = isCompressed(file.path) ? Number.POSITIVE_INFINITY : Math.max(0, file.identity.bytes - start);
      this.#reading = { file, source: from, lines: new FileLines({ source: from, encoding, lineBytesMax, start, bytesExpected, pool }) };
    } catch (error) {
      this.#failBy(file, error);
    }
    return undefined;
  }

  /** The signal came in the middle of it: the next read begins with it. */
  #later(file: FoundFile): undefined {
    this.#queue.unshift(file);
  }

  /** Behind what was read of it, if it has only grown since. */
  #startOf({ key, path, identity }: FoundFile): number {
    const known = this.#known.get(key);
    if (known === undefined) return 0;
    if (isSame(known.identity, identity)) return known.offset;
    const hasGrown = known.identity.inode === identity.inode && known.offset <= identity.bytes && known.identity.bytes < identity.bytes && !isCompressed(path);
    return hasGrown ? known.offset : 0;
  }

  async #readOn({ file, source, lines }: Reading, signal: AbortSignal): Promise<Delivery | undefined> {
    try {
      const text = await lines.next(signal);
      if (text === undefined) return undefined;
      if (text === "end" || text.isLast) {
        source.close();
        this.#reading = undefined;
      }
      if (text === "end") {
        await this.#finish(file);
        return undefined;
      }
      this.#count(file, text.longLines, text.invalid);
      return this.#delivery(file, Batch.lines(text.chunk, 0, text.length, this.#facts(file)), text.end, text.isLast);
    } catch (error) {
      source.close();
      this.#reading = undefined;
      this.#failBy(file, error);
      return undefined;
    }
  }

  #delivery(file: FoundFile, batch: Batch, offset: number, isLast: boolean): Delivery {
    const known: KnownFile = { identity: file.identity, offset, isDone: isLast };
    this.#known.set(file.key, known);
    const positions: Record<string, JsonValue> = { [POSITION + file.key]: positionOf(known) };
    for (const key of this.#toForget) if (key !== file.key) positions[POSITION + key] = null;
    this.#toForget.clear();
    if (isLast) this.#failed.delete(file.key);
    this.#unsettled.set(file.key, (this.#unsettled.get(file.key) ?? 0) + 1);
    return {
      batch,
      positions,
      ack: async () => {
        const left = (this.#unsettled.get(file.key) ?? 1) - 1;
        if (0 < left) this.#unsettled.set(file.key, left);
        else this.#unsettled.delete(file.key);
        if (left === 0 && this.#known.get(file.key)?.isDone === true) await this.#putAway(file);
      },
    };
  }

  /** It turned out that nothing came after the last batch, if there was one. */
  async #finish(file: FoundFile): Promise<void> {
    this.#known.set(file.key, { identity: file.identity, offset: this.#startOf(file), isDone: true });
    if (!this.#unsettled.has(file.key)) await this.#putAway(file);
  }

  async #putAway(file: FoundFile): Promise<void> {
    const { after, moveTo } = this.#options;
    if (after === "keep" || this.#context.mode === "test") return;
    try {
      const how = await putAway(file.exact, file.identity, moveTo);
      if (how === "changed") this.#sayOnce(file.path, "a file was changed after it was read and stays; what is new in it is read", { path: file.path });
      else this.#forget(file.key);
    } catch (error) {
      this.#context.count("directory_files_not_put_away_total");
      this.#sayOnce(file.path, "a file was read and cannot be put away; it is tried again", { path: file.path, after, error: toError(error) });
    }
  }

  #failBy(file: FoundFile, error: unknown): void {
    const code = systemCode(error);
    // What is no compressed data will be none later; what the system refuses it may allow.
    const isSpoiled = code === undefined || code.startsWith("Z_") || code.startsWith("ZSTD") || code === "ERR_ZSTD_INVALID_PARAM";
    this.#fail(file, code === "ENOENT" ? "a file vanished before it was read" : "a file cannot be read", { error: toError(error) }, isSpoiled ? Number.POSITIVE_INFINITY : RETRY_MS);
  }

  #fail(file: FoundFile, message: string, fields: Record<string, unknown>, waitMs: number): void {
    this.#failed.set(file.key, { identity: file.identity, retryMs: this.#context.clock.now() + waitMs });
    this.#context.count("directory_files_failed_total");
    this.#sayOnce(file.path, message, { path: file.path, ...fields });
  }

  #count(file: FoundFile, longLines: number, invalid: number): void {
    if (0 < longLines) this.#context.count("lines_too_long_total", longLines);
    if (0 < longLines) this.#sayOnce(file.path, "a line is longer than max_line and was delivered in pieces", { path: file.path });
    if (0 < invalid) this.#context.count("characters_invalid_total", invalid);
    if (0 < invalid) this.#sayOnce(file.path, "a file holds bytes that are no text in its encoding", { path: file.path, encoding: this.#options.encoding });
  }

  #sayOnce(path: string, message: string, fields: Record<string, unknown>): void {
    const key = `${message}\n${path}`;
    if (!this.#said.has(key)) this.#context.log.warn(message, fields);
    this.#said.add(key);
  }

  #facts({ path }: FoundFile): Facts {
    const now = this.#context.clock.now();
    return { tag: fileTag(this.#options.tag, path), seconds: Math.floor(now / 1000), nanoseconds: (now % 1000) * 1_000_000, source: composed(path) };
  }
}
