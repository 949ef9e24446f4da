// A batch as bulk requests, and their answers back to its records.
import { createHash, randomBytes } from "node:crypto";
import { PermanentError } from "#base/errors.ts";
import type { Batch } from "#dataplane/batch.ts";
import type { PluginContext, Written } from "#sdk/plugin.ts";
import type { ElasticsearchOptions } from "../elasticsearch.ts";
import { lineStarts, packed } from "../parts/http-body.ts";
import { isHealthy } from "../parts/http-check.ts";
import { HttpError, TooLargeError } from "../parts/http-error.ts";
import type { HttpOptions } from "../parts/http-options.ts";
import { HttpSender, headerText, is2xx } from "../parts/http-sender.ts";
import type { Judgement } from "../parts/http-sender.ts";
import { Progresses } from "../parts/progress.ts";
import type { Progress } from "../parts/progress.ts";
import { patternStepSeconds, timePattern } from "../parts/time-pattern.ts";
import { timeStyles } from "../parts/time-style.ts";
import { readBulkAnswer } from "./bulk-answer.ts";

/** Of the answer only what is needed: the server writes a fifth of it then. */
const FILTER = "filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason";
/** For an item of the answer, with its reason. */
const ANSWER_ITEM_BYTES = 2048;
const ID_BYTES_MAX = 512;
/** Of one unit of a text. */
const UTF8_BYTES_MAX = 3;

/** What one write sends from. */
interface Load {
  readonly batch: Batch;
  readonly lines: Buffer;
  readonly starts: Uint32Array;
  /** The line before record `n`. */
  readonly action: (row: number) => string;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

export function senderOptions(given: ElasticsearchOptions): HttpOptions {
  return given.api_key === undefined ? given : { ...given, headers: { ...given.headers, authorization: `ApiKey ${headerText(given.api_key)}` } };
}

export class BulkWriter {
  readonly #given: ElasticsearchOptions;
  readonly #context: PluginContext;
  readonly #servers: readonly URL[];
  readonly #sender: HttpSender;
  readonly #judgement: Judgement;
  readonly #styleAt: ReturnType<typeof timeStyles>;
  readonly #indexAt: ReturnType<typeof timePattern>;
  readonly #indexStepSeconds: number;
  readonly #progresses = new Progresses();
  /** What the ids of a batch begin with, for as long as it is tried. */
  readonly #idsOf = new WeakMap<Batch, string>();
  #turn = 0;
  #bulkBytesMax: number;

  constructor(given: ElasticsearchOptions, context: PluginContext) {
    this.#given = given;
    this.#context = context;
    this.#servers = given.url.map((url) => new URL(url));
    this.#sender = new HttpSender(senderOptions(given), context, { socketsMax: given.concurrency, secrets: given.api_key === undefined ? [] : [given.api_key] });
    this.#judgement = { takes: is2xx, waitsFor: [404, 405] };
    this.#styleAt = timeStyles(given);
    this.#indexAt = timePattern(given.index, given.time_zone);
    this.#indexStepSeconds = patternStepSeconds(given.index);
    this.#bulkBytesMax = given.bulk_max;
  }

  async write(batch: Batch, signal: AbortSignal): Promise<Written> {
    if (batch.count === 0) return { bytes: 0 };
    const progress = this.#progresses.of(batch);
    let bytes = 0;
    if (!progress.isDone) {
      const slice = batch.json(this.#styleAt(batch.facts.seconds));
      try {
        const load = { batch, lines: slice.bytes, starts: lineStarts(slice.bytes, progress.rows), action: this.#actions(batch), progress, signal };
        let busy: HttpError | undefined;
        for (let row = progress.nextOpen(0); row < progress.rows;) {
          const sent = await this.#bulk(load, row);
          bytes += sent.bytes;
          busy ??= sent.busy;
          row = progress.nextOpen(sent.end);
        }
        if (busy !== undefined) throw busy;
      } finally {
        slice.release();
      }
    }
    return { bytes, ...progress.outcome(batch) };
  }

  async healthy(signal: AbortSignal): Promise<boolean> {
    for (const server of this.#servers) if (await isHealthy(this.#sender, server, signal)) return true;
    return false;
  }

  close(): Promise<void> {
    return this.#sender.close();
  }

  /** Sends what is open from `from` on, as much as one request may hold. `end`: where to go on in this pass. */
  async #bulk(load: Load, from: number): Promise<{ readonly end: number; readonly bytes: number; readonly busy?: HttpError | undefined }> {
    const { batch, lines, starts, action, progress, signal } = load;
    const rows: number[] = [];
    const actions: string[] = [];
    let room = 0;
    let bytes = 0;
    for (let row = from; row < progress.rows; row = progress.nextOpen(row + 1)) {
      const line = action(row);
      const length = (starts[row + 1] ?? 0) - (starts[row] ?? 0);
      if (0 < rows.length && this.#bulkBytesMax < bytes + line.length + length) break;
      rows.push(row);
      actions.push(line);
      bytes += line.length + length;
      room += line.length * UTF8_BYTES_MAX + length;
    }
    // Thousands of pieces would cost more to write than one copy.
    const chunk = batch.pool.take(room);
    try {
      const out = chunk.bytes;
      let end = 0;
      rows.forEach((row, index) => {
        const line = actions[index];
        if (line === undefined) return;
        end += out.write(line, end);
        end += lines.copy(out, end, starts[row], starts[row + 1]);
      });
      const text = await this.#post(out.subarray(0, end), rows.length, signal);
      const busy = this.#settle(rows, text, progress);
      return { end: (rows.at(-1) ?? from) + 1, bytes: end, busy };
    } catch (error) {
      if (error instanceof TooLargeError && 1 < rows.length) {
        this.#context.count("bodies_too_large_total");
        this.#bulkBytesMax = Math.max(1, Math.min(this.#bulkBytesMax, Math.ceil(bytes / 2)));
        return { end: from, bytes: 0 };
      }
      if (!(error instanceof PermanentError)) throw error;
      for (const row of rows) progress.refused(row, error);
      return { end: (rows.at(-1) ?? from) + 1, bytes: 0 };
    } finally {
      chunk.release();
    }
  }

  /** Each server is asked once before the pipeline has to wait. */
  async #post(plain: Buffer, rows: number, signal: AbortSignal): Promise<string> {
    const { compress, pipeline } = this.#given;
    const body = await packed([plain], compress);
    const headers = { "content-type": "application/x-ndjson", accept: "application/json", ...(compress === "none" ? {} : { "content-encoding": compress }) };
    const query = pipeline === undefined ? FILTER : `${FILTER}&pipeline=${encodeURIComponent(pipeline)}`;
    let failure: unknown;
    for (let attempt = 0; attempt < this.#servers.length; attempt += 1) {
      const server = this.#servers[this.#turn % this.#servers.length] as URL;
      this.#turn += 1;
      try {
        const judgement = { ...this.#judgement, answerBytesMax: (1 << 20) + rows * ANSWER_ITEM_BYTES };
        const { text } = await this.#sender.send({ server, path: `${server.pathname.replace(/\/$/, "")}/_bulk?${query}`, method: "POST", headers, body }, judgement, signal);
        return text;
      } catch (error) {
        if (signal.aborted || error instanceof PermanentError) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  /** Each row's answer. Gives the error of those that have to be sent again. */
  #settle(rows: readonly number[], text: string, progress: Progress): HttpError | undefined {
    const items = readBulkAnswer(text, rows.length);
    let busy: HttpError | undefined;
    let there = 0;
    rows.forEach((row, index) => {
      const item = items[index];
      if (item === undefined) return;
      if (item.outcome === "written") progress.written(row);
      else if (item.outcome === "refused") progress.refused(row, new PermanentError(`the server refused a record: ${item.reason}`, { hint: "Look at the mapping of the index." }));
      else busy ??= new HttpError("busy", `the server has no time for some records: ${item.reason}`);
      if (item.status === 409) there += 1;
    });
    if (0 < there) this.#context.count("records_already_there_total", there);
    return busy;
  }

  #actions(batch: Batch): (row: number) => string {
    const { op, id_key: idKey } = this.#given;
    const ids = this.#idPrefix(batch);
    // Rows that are sent have numbers of their own; what is asked of the batch goes by the batch's.
    const kept: number[] = [];
    for (let row = 0; row < batch.rows; row += 1) if (batch.isKept(row)) kept.push(row);
    const given = idKey === undefined ? undefined : batch.column(idKey);
    const tag = indexName(batch.tag);
    let step = Number.NaN;
    let index = "";
    return (row) => {
      const inBatch = kept[row] ?? 0;
      const seconds = Math.floor(batch.timeMs(inBatch) / 1000);
      const now = Math.floor(seconds / this.#indexStepSeconds);
      if (now !== step) {
        step = now;
        index = JSON.stringify(this.#indexAt(seconds, { tag }));
      }
      const id = idOf(given?.get(inBatch));
      return `{"${op}":{"_index":${index},"_id":${id === undefined ? `"${ids}${row.toString(36)}"` : JSON.stringify(id)}}}\n`;
    };
  }

  /** Begins with the time, which the server's index likes better than pure chance. */
  #idPrefix(batch: Batch): string {
    let prefix = this.#idsOf.get(batch);
    if (prefix === undefined) {
      prefix = `${this.#context.clock.now().toString(36)}${randomBytes(12).toString("base64url")}.`;
      this.#idsOf.set(batch, prefix);
    }
    return prefix;
  }
}

/** Numbers and texts are ids; the server takes 512 bytes. */
function idOf(value: unknown): string | undefined {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "bigint") return undefined;
  const text = String(value);
  if (text === "") return undefined;
  return Buffer.byteLength(text) <= ID_BYTES_MAX ? text : createHash("sha256").update(text).digest("base64url");
}

/** What a tag is in the name of an index: small letters, and no sign that the server forbids. */
function indexName(tag: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is to be found
  return tag.toLowerCase().replaceAll(/[\\/*?"<>| ,#:\u0000-\u001f]/g, "_");
}
