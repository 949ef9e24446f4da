// What becomes of the files that are followed when files are made, renamed, copied, emptied, compressed and removed.
// Reading is elsewhere; this only says from where.
import { fstatSync } from "node:fs";
import type { BigIntStats } from "node:fs";
import type { PluginContext } from "#sdk/plugin.ts";
import { systemCode, toError } from "#base/errors.ts";
import { FolderLook, findCopy, findRenamed, isContinuedIn, isCopy, isRenamedByRotation, isSameHead, readerOf } from "./continuation.ts";
import type { Continuation } from "./continuation.ts";
import { SURE_HEAD_BYTES, isCopyOfRead, isStillCopied, originalPaths, wasEmptied, withFile } from "./copies.ts";
import type { Descriptors } from "./descriptors.ts";
import { encodingOf } from "../parts/encoding.ts";
import { statIfThere } from "../parts/discover.ts";
import type { Discovered, FoundFile } from "../parts/discover.ts";
import { gzipHead, isGzipName } from "./gzip.ts";
import { FileIndex } from "./file-index.ts";
import { FileSearch } from "./file-search.ts";
import { fileTag } from "../parts/file-tag.ts";
import { PositionBook } from "./position-book.ts";
import { fileKey, isSameFile, movedTo } from "./position.ts";
import type { Position } from "./position.ts";
import { TailFile } from "./tail-file.ts";
import { Unpacker } from "./unpacker.ts";

export interface RosterOptions {
  readonly path: string | readonly string[];
  readonly exclude: string | readonly string[];
  readonly tag: string;
  readonly encoding: string;
  readonly start: "beginning" | "end";
  readonly rotateWaitMs: number;
  readonly readGzip: boolean;
  readonly ignoreOlderMs: number | undefined;
  /** Goes on waiting for more; without it the input ends with the files. */
  readonly follow: boolean;
}

/** How many files are looked at in one round, so that thousands of idle files cost little. */
const LOOKED_AT_MAX = 256;

export class Roster {
  readonly files = new FileIndex();
  readonly book: PositionBook;
  readonly #options: RosterOptions;
  readonly #context: PluginContext;
  readonly #descriptors: Descriptors;
  readonly #enqueue: (file: TailFile) => void;
  readonly #search: FileSearch;
  readonly #said = new Set<string>();
  readonly #unpacker: Unpacker;
  readonly #tagOf = (name: string): string => fileTag(this.#options.tag, name);
  #isStartup = true;
  #hasMetRenamed = false;
  /** Files were left for a later look. */
  hasDeferred = false;

  constructor(options: RosterOptions, context: PluginContext, descriptors: Descriptors, enqueue: (file: TailFile) => void) {
    this.#options = options;
    this.#context = context;
    this.#descriptors = descriptors;
    this.#enqueue = enqueue;
    this.book = new PositionBook(context);
    this.#search = new FileSearch(options, context.configDir, this.book.newestMs() ?? context.clock.now());
    this.#unpacker = new Unpacker(context, descriptors, (file, isDropped) => {
      if (isDropped) this.#letGo(file);
      enqueue(file);
    });
  }

  get isUnpacking(): boolean {
    return this.#unpacker.isBusy;
  }

  async close(): Promise<void> {
    await this.#unpacker.close();
  }

  /** Finds files that fit, and folders to watch. */
  refresh(): Discovered {
    const found = this.#search.find(this.#context.clock.now());
    for (const [folder, code] of found.problems) this.#sayOnce(`folder ${folder}`, code === "ENOENT" ? "waiting for a folder that does not exist yet" : "a folder cannot be read", { path: folder, code });
    for (const [path, file] of this.files.named) if (!found.files.has(path)) this.check(file);
    this.hasDeferred = false;
    // In the order of their names a log comes before its copies.
    const unknown = [...found.files.values()].filter(({ path }) => !this.files.named.has(path));
    for (const file of unknown.sort((one, other) => (one.path < other.path ? -1 : 1))) this.#meet(file);
    if (this.#isStartup) this.#finishOrphans();
    this.#isStartup = false;
    if (this.#hasMetRenamed) this.#queueRenamed();
    if (found.files.size === 0) this.#sayOnce("no file", this.#options.follow ? "waiting for files: no file fits the path yet" : "no file fits the path: there is nothing to read", { path: this.#options.path });
    for (const file of this.files.all.values()) if (file.detachedAtMs === undefined) found.directories.add(folderOfPath(file.path));
    this.book.forgetOld(this.files.all);
    return found;
  }

  /** Looks whether the file's path is still its own. */
  check(file: TailFile): void {
    if (!this.files.hasItsPath(file)) return;
    const stats = statIfThere(file.exact);
    if (stats !== undefined && fileKey(stats) === file.key) return this.#noticeGrowth(file, Number(stats.size));
    const { path, exact } = file;
    this.#detach(file);
    if (stats !== undefined) this.#meet({ path, exact, isNamed: true }, file);
  }

  /** One round of looking at files where no event tells of them, and of letting rotated files go. */
  look(): void {
    const nowMs = this.#context.clock.now();
    for (const file of this.files.all.values()) if (file.detachedAtMs !== undefined) this.#lookAtDetached(file, nowMs);
    for (const file of this.files.inTurn(LOOKED_AT_MAX)) this.check(file);
  }

  /** The file holds another text than the one begun: the rest of that is looked for, then it is read from its beginning. */
  replaced(file: TailFile): void {
    const old = { ...file.position(this.#context.clock.now()), path: file.unverified?.path ?? file.path };
    const wasVerified = file.unverified === undefined;
    file.restart(wasVerified ? file.name : file.path); // Of what was followed before the last stop nobody knows whether it is the same log.
    if (wasVerified) {
      this.#context.count("files_truncated_total");
      this.#context.log.info("a file was emptied or replaced; it is read from its beginning", { path: file.path, offset: old.offset });
    }
    this.book.keepPast(old);
    const copies = [...this.files.all.values()].filter((copy) => copy.copyOf === file);
    for (const copy of copies) this.#releaseCopy(copy, old);
    file.before = copies[0] ?? this.#follow(old, file, file.key) ?? file.before;
  }

  /** Whether the open file is the one that is meant; says where it is read from when not. Called with its descriptor open. */
  verify(file: TailFile, descriptor: number): boolean {
    const stats = fstatSync(descriptor, { bigint: true });
    if (fileKey(stats) !== file.key) {
      this.#descriptors.close(file);
      if (file.detachedAtMs === undefined) this.check(file);
      else this.finish(file);
      return false;
    }
    const position = file.unverified;
    if (position !== undefined) {
      if (isSameFile(position, Number(stats.size), readerOf(descriptor))) file.unverified = undefined;
      else this.replaced(file);
    }
    return true;
  }

  /** Read to its end, and no more is expected. */
  finish(file: TailFile): void {
    if (file.isFinished) return;
    file.isFinished = true;
    this.#descriptors.close(file);
    if (0 < file.offset) this.book.remember(file.key, file.position(this.#context.clock.now()));
    for (const copy of this.files.all.values()) if (copy.copyOf === file) this.#releaseCopy(copy, file.position(this.#context.clock.now()));
    if (file.detachedAtMs === undefined) return;
    this.#letGo(file);
  }

  /** A file could not be opened or read. */
  failed(file: TailFile, error: unknown): void {
    const code = systemCode(error);
    this.#descriptors.close(file);
    if (code === "ENOENT") return file.detachedAtMs === undefined ? this.check(file) : this.finish(file);
    if (file.detachedAtMs !== undefined && code !== "EMFILE" && code !== "ENFILE") file.isEnding = true;
    if (file.isFirst(`failed ${code}`)) this.#context.log.warn("a file cannot be read; it is tried again", { path: file.path, code: code ?? toError(error).message, hint: hintOf(code) });
  }

  /** A file that fits the path and is not known under it. */
  #meet(found: FoundFile, before?: TailFile): void {
    const stats = statIfThere(found.exact);
    if (stats === undefined) return;
    if (!stats.isFile()) {
      if (found.isNamed && stats.isDirectory()) this.#sayOnce(`directory ${found.path}`, "the path is a folder, not a file", { path: found.path, hint: `write ${found.path}/* for the files in it` });
      return;
    }
    const key = fileKey(stats);
    const at: Continuation = { key, path: found.path, exact: found.exact, stats };
    const known = this.files.all.get(key);
    if (known !== undefined) {
      if (known.descriptor !== undefined || known.path === found.path || known.offset === 0 || isContinuedIn(known.position(0), at)) return this.#meetAgain(known, found);
      if (known.unpacking === "no" && isRenamedByRotation(known.path, found.path)) {
        this.replaced(known); // It was emptied, filled and renamed since it was looked at.
        return this.#meetAgain(known, found);
      }
      this.#detach(known); // Its inode was used again.
    }
    if (isGzipName(found.path)) return this.#meetGzip(found, key);

    const position = this.book.find(key, found.path, (candidate) => isCopy(candidate, at));
    if (position === undefined || !isCopy(position, at)) {
      const original = this.#originalOf(found.path);
      if (original !== undefined && isStillCopied(original, at, this.#context.clock.now())) {
        this.hasDeferred = true;
        return;
      }
      const copied = original === undefined ? this.#copiedPosition(at) : undefined;
      const isCopied = copied !== undefined || (original !== undefined && isCopyOfRead(original.position(0), at, () => wasEmptied(original)));
      if (isCopied) {
        const copy = this.#add(found, key, undefined);
        if (position !== undefined) this.#follow(position, copy, key); // The text this inode held before.
        return copied !== undefined ? this.#releaseCopy(copy, copied) : this.#leaveCopy(copy, original);
      }
    }
    const file = this.#add(found, key, position);
    if (before !== undefined && !before.isFinished) file.before = before;
    if (position === undefined) this.#passOver(file, stats);
    this.#enqueue(file);
  }

  /** A file that begins with all that was read of another, as rotation by copy makes it. */
  #leaveCopy(copy: TailFile, original: TailFile | undefined): void {
    copy.copyOf = original;
    const unverified = original?.unverified;
    if (original === undefined || unverified === undefined || !wasEmptied(original)) return;
    this.#releaseCopy(copy, unverified);
    original.before = copy;
  }

  #meetAgain(known: TailFile, found: FoundFile): void {
    if (known.detachedAtMs === undefined && known.path !== found.path) {
      const stats = statIfThere(known.exact);
      if (stats !== undefined && fileKey(stats) === known.key) return; // Two names of one file: it is read once.
    }
    this.files.rename(known, found);
    known.detachedAtMs = undefined;
    known.isNamed = true;
    known.isEnding = false;
    this.#enqueue(known);
  }

  #add(found: FoundFile, key: string, position: Position | undefined): TailFile {
    const file = new TailFile({ key, path: found.path, exact: found.exact, tagOf: this.#tagOf, position });
    this.files.add(file);
    this.#hasMetRenamed ||= file.name !== file.path;
    return file;
  }

  /** `start: end` and `ignore_older`: what the file holds now is not read. */
  #passOver(file: TailFile, stats: BigIntStats): void {
    const { ignoreOlderMs, start } = this.#options;
    const isOld = ignoreOlderMs !== undefined && Number(stats.mtimeMs) < this.#context.clock.now() - ignoreOlderMs;
    if (!isOld && !(this.#isStartup && start === "end")) return;
    try {
      const bytes = Number(stats.size);
      withFile(file.exact, (readAt) => file.skipTo(bytes - (bytes % encodingOf(this.#options.encoding, readAt(0, 4)).unit), readAt));
      this.book.noteForNext(file.key, file.position(this.#context.clock.now()));
    } catch (error) {
      this.failed(file, error);
    }
  }

  /** The followed file whose name this one's goes on: `a.log` for `a.log.1`. */
  #originalOf(copyPath: string): TailFile | undefined {
    for (const path of originalPaths(copyPath)) {
      const original = this.files.lastAt(path);
      if (original !== undefined) return 0 < original.fingerprintBytes ? original : undefined;
    }
    return undefined;
  }

  /** What was committed, before the last stop, under the name that this one's goes on, if this is a copy of that. */
  #copiedPosition(at: Continuation): Position | undefined {
    if (!this.#isStartup) return undefined;
    for (const path of originalPaths(at.path)) {
      const position = this.book.committedAt(path);
      if (position !== undefined) return isCopyOfRead(position, at, () => false) ? position : undefined;
    }
    return undefined;
  }

  #releaseCopy(copy: TailFile, position: Position): void {
    copy.copyOf = undefined;
    const there = movedTo(copy.path, position);
    copy.resume(there);
    this.book.noteForNext(copy.key, there);
    this.#enqueue(copy);
  }

  #meetGzip(found: FoundFile, key: string): void {
    if (!this.#options.readGzip) return this.#sayOnce(`gzip ${found.path}`, "a compressed file is left alone (read_gzip is off)", { path: found.path });
    const head = gzipHead(found.exact);
    if (head === undefined) return; // Still being written; the next look is told more.
    let position = this.book.find(key, found.path, () => true);
    if (position === undefined || !isSameHead(position, head)) {
      for (const file of this.files.named.values()) if (SURE_HEAD_BYTES <= file.fingerprintBytes && isSameHead(file.position(0), head)) return; // Its original is still here.
      position = this.book.findByHead((candidate) => isSameHead(candidate, head));
      if (position === undefined && this.#isStartup && this.#options.start === "end") return;
    }
    if (this.#unpacker.isDamaged(found.path, found.exact)) return;
    const file = this.#add(found, key, position);
    // Found by its head, it has the position of a file whose inode may be another's soon.
    if (position !== undefined) this.book.noteForNext(key, file.position(position.at));
    this.#unpacker.add(file);
  }

  #noticeGrowth(file: TailFile, bytes: number): void {
    if (bytes !== file.scannedTo || file.isLineEndFound) this.#enqueue(file);
  }

  #detach(file: TailFile): void {
    this.files.detach(file);
    file.detachedAtMs = this.#context.clock.now();
    file.grewAtMs = file.detachedAtMs;
    if (file.isFinished) return this.#letGo(file);
    this.#context.count("files_rotated_total");
    this.#context.log.info("a file was renamed or removed; it is read to its end", { path: file.path });
    if (file.unpacking !== "no") return;
    if (file.copyOf !== undefined) return this.finish(file);
    if (file.descriptor === undefined) {
      const renamed = findRenamed(file.key, file.position(0), file.exact, new FolderLook());
      if (renamed === undefined) {
        this.#follow(file.position(this.#context.clock.now()), undefined, file.key);
        return this.finish(file);
      }
      file.exact = renamed.exact;
      file.unverified = file.position(0);
    } else file.isNamed = false;
    this.#enqueue(file);
  }

  #lookAtDetached(file: TailFile, nowMs: number): void {
    if (file.unpacking === "under way" || file.isReading) return;
    if (file.descriptor === undefined) return this.#enqueue(file);
    const { size } = fstatSync(file.descriptor);
    if (size !== file.scannedTo) {
      file.grewAtMs = nowMs;
      this.#enqueue(file);
    } else if (this.#options.rotateWaitMs <= nowMs - file.grewAtMs) {
      file.isEnding = true;
      this.#enqueue(file);
    }
  }

  /** What was begun before the last stop and is under its name no more. */
  #finishOrphans(): void {
    const look = new FolderLook();
    for (const [key, position] of this.book.entries()) {
      if (this.files.all.has(key)) continue;
      const renamed = findRenamed(key, position, position.path, look);
      if (renamed !== undefined) this.#addDetached(renamed, position);
      else this.#follow(position, undefined, key, look);
    }
  }

  /** Files that have or had one name are read one after the other, the one that has it now last: nothing of one log is mixed. */
  #queueRenamed(): void {
    this.#hasMetRenamed = false;
    const renamed = [...this.files.all.values()].filter(({ name, path }) => name !== path);
    for (const [name, files] of Map.groupBy(renamed, (file) => file.name)) {
      files.sort((one, other) => this.book.readAtMs(one) - this.book.readAtMs(other));
      const current = this.files.named.get(name);
      for (const [index, file] of files.entries()) {
        const next = files[index + 1] ?? current;
        if (next !== undefined && file.before !== next) next.before = file;
      }
    }
  }

  /** Goes on in a copy of a text whose file is gone or holds another text now. */
  #follow(position: Position, successor: TailFile | undefined, key: string, look = new FolderLook()): TailFile | undefined {
    const copy = findCopy(position, successor?.exact ?? position.path, (other) => other === key || this.files.all.has(other), look, this.#options.readGzip);
    if (copy === undefined) return undefined;
    const known = this.book.get(copy.key);
    const file = this.#addDetached(copy, known !== undefined && position.offset < known.offset && isContinuedIn(known, copy) ? known : movedTo(copy.path, position));
    if (successor === undefined) file.supersedes = key;
    this.book.noteForNext(copy.key, file.position(position.at));
    return file;
  }

  #addDetached(at: Continuation, position: Position): TailFile {
    const original = this.files.named.get(position.name ?? position.path);
    const file = new TailFile({ ...at, tagOf: this.#tagOf, position: movedTo(at.path, position) });
    file.detachedAtMs = this.#context.clock.now();
    file.grewAtMs = file.detachedAtMs;
    this.files.addLate(file);
    this.#hasMetRenamed ||= file.name !== file.path;
    if (original !== undefined && original.before === undefined) original.before = file;
    this.#context.log.info("a rotated file is read on", { path: at.path, offset: position.offset });
    if (isGzipName(at.path)) this.#unpacker.add(file);
    else this.#enqueue(file);
    return file;
  }

  #letGo(file: TailFile): void {
    this.#descriptors.close(file);
    file.isFinished = true;
    this.files.remove(file);
  }

  #sayOnce(what: string, message: string, fields: Record<string, unknown>): void {
    if (this.#said.has(what)) return;
    this.#said.add(what);
    this.#context.log.warn(message, fields);
  }
}

function folderOfPath(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

function hintOf(code: string | undefined): string | undefined {
  if (code === "EACCES" || code === "EPERM") return "let the user that the agent runs as read the file";
  if (code === "EMFILE" || code === "ENFILE") return "raise the limit of open files (ulimit -n)";
  return undefined;
}
