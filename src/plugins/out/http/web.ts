// A batch as one request, or as several where the server takes no body of that size.
import { createHmac } from "node:crypto";
import { PermanentError } from "#base/errors.ts";
import type { Batch, Slice } from "#dataplane/batch.ts";
import type { PluginContext, Written } from "#sdk/plugin.ts";
import type { WebOptions } from "../http.ts";
import { lineStarts, packed } from "../parts/http-body.ts";
import { isHealthy } from "../parts/http-check.ts";
import { TooLargeError } from "../parts/http-error.ts";
import { HttpSender, is2xx } from "../parts/http-sender.ts";
import type { Judgement } from "../parts/http-sender.ts";
import { payloadOf } from "../parts/payload.ts";
import { Progresses } from "../parts/progress.ts";
import type { Progress } from "../parts/progress.ts";
import { timeStyles } from "../parts/time-style.ts";

const CONTENT_TYPES = { json_lines: "application/x-ndjson", json_array: "application/json", lines: "text/plain; charset=utf-8", record: "application/json" } as const;
const [COMMA, OPENING, CLOSING] = [44, Buffer.from("["), Buffer.from("]")];

/** What one write sends from. */
interface Load {
  readonly url: URL;
  readonly slice: Slice;
  readonly starts: Uint32Array;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

export class Web {
  readonly #given: WebOptions;
  readonly #context: PluginContext;
  readonly #sender: HttpSender;
  readonly #judgement: Judgement;
  readonly #styleAt: ReturnType<typeof timeStyles>;
  readonly #progresses = new Progresses();
  readonly #contentType: string;
  /** Bodies before compression; less once the server took one for too large. */
  #bodyBytesMax = Number.POSITIVE_INFINITY;

  constructor(given: WebOptions, context: PluginContext) {
    this.#given = given;
    this.#context = context;
    this.#sender = new HttpSender(given, context, { socketsMax: given.concurrency, secrets: given.sign === undefined ? [] : [given.sign.secret] });
    const success = new Set(given.success);
    this.#judgement = { takes: success.size === 0 ? is2xx : (status) => success.has(status) };
    this.#styleAt = timeStyles(given);
    this.#contentType = given.content_type ?? CONTENT_TYPES[given.format];
  }

  async write(batch: Batch, signal: AbortSignal): Promise<Written> {
    const { format } = this.#given;
    if (batch.count === 0) return { bytes: 0 };
    const progress = this.#progresses.of(batch);
    let bytes = 0;
    if (!progress.isDone) {
      const slice = payloadOf(batch, format === "lines" ? "lines" : "json", this.#styleAt(batch.facts.seconds));
      try {
        const load = { url: this.#urlOf(batch.tag), slice, starts: lineStarts(slice.bytes, progress.rows), progress, signal };
        for (let row = progress.nextOpen(0); row < progress.rows; row = progress.nextOpen(row)) bytes += await this.#send(load, row, this.#endOf(load, row));
      } finally {
        slice.release();
      }
    }
    return { bytes, ...progress.outcome(batch) };
  }

  healthy(signal: AbortSignal): Promise<boolean> {
    return isHealthy(this.#sender, this.#urlOf("tag"), signal);
  }

  close(): Promise<void> {
    return this.#sender.close();
  }

  /** Behind the last row that goes into the body which begins with `from`. */
  #endOf({ progress, starts }: Load, from: number): number {
    if (this.#given.format === "record") return from + 1;
    let end = from + 1;
    while (end < progress.rows && progress.isOpen(end) && (starts[end + 1] ?? 0) - (starts[from] ?? 0) <= this.#bodyBytesMax) end += 1;
    return end;
  }

  /** Gives the bytes that the server got, before compression. */
  async #send(load: Load, from: number, to: number): Promise<number> {
    const { progress, starts } = load;
    const bytes = (starts[to] ?? 0) - (starts[from] ?? 0);
    try {
      await this.#post(load, this.#body(load, from, to));
    } catch (error) {
      if (error instanceof TooLargeError && 1 < to - from) {
        this.#context.count("bodies_too_large_total");
        this.#bodyBytesMax = Math.min(this.#bodyBytesMax, Math.ceil(bytes / 2));
        return 0; // The rows are still open: they go on in smaller bodies.
      }
      if (!(error instanceof PermanentError)) throw error;
      for (let row = from; row < to; row += 1) progress.refused(row, error);
      return 0;
    }
    for (let row = from; row < to; row += 1) progress.written(row);
    return bytes;
  }

  #body({ slice, starts }: Load, from: number, to: number): readonly Buffer[] {
    const { format } = this.#given;
    const [begin, end] = [starts[from] ?? 0, starts[to] ?? 0];
    if (format === "json_lines" || format === "lines") return [slice.bytes.subarray(begin, end)];
    if (format === "json_array") for (let row = from + 1; row < to; row += 1) slice.bytes[(starts[row] ?? 0) - 1] = COMMA;
    const records = slice.bytes.subarray(begin, end - 1);
    return format === "record" ? [records] : [OPENING, records, CLOSING];
  }

  async #post({ url, signal }: Load, plain: readonly Buffer[]): Promise<void> {
    const { compress, method } = this.#given;
    const body = await packed(plain, compress);
    const headers = { "content-type": this.#contentType, ...(compress === "none" ? {} : { "content-encoding": compress }), ...this.#signature(body) };
    await this.#sender.send({ server: url, path: `${url.pathname}${url.search}`, method, headers, body }, this.#judgement, signal);
  }

  #signature(body: readonly Buffer[]): Record<string, string> {
    const { sign } = this.#given;
    if (sign === undefined) return {};
    const seconds = Math.floor(this.#context.clock.now() / 1000);
    const hmac = createHmac("sha256", sign.secret);
    if (sign.style === "stripe") hmac.update(`${seconds}.`);
    for (const piece of body) hmac.update(piece);
    const hex = hmac.digest("hex");
    return { [sign.header]: sign.style === "stripe" ? `t=${seconds},v1=${hex}` : `sha256=${hex}` };
  }

  #urlOf(tag: string): URL {
    // A tag may come from the network: it is one segment of the path and leads nowhere else.
    return new URL(this.#given.url.replaceAll("${tag}", /^\.{1,2}$/.test(tag) ? "_" : encodeURIComponent(tag)));
  }
}
