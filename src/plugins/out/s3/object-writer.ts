// A batch as one object.
import { createHash, randomUUID } from "node:crypto";
import type { Batch } from "#dataplane/batch.ts";
import type { PluginContext, Written } from "#sdk/plugin.ts";
import type { S3Options } from "../s3.ts";
import { packed } from "../parts/http-body.ts";
import { isHealthy } from "../parts/http-check.ts";
import { HttpSender, is2xx } from "../parts/http-sender.ts";
import { payloadOf } from "../parts/payload.ts";
import { timePattern } from "../parts/time-pattern.ts";
import { timeStyles } from "../parts/time-style.ts";
import { amazonDate, authorization, encoded, encodedKey } from "./signature.ts";

const SUFFIX = { none: "", gzip: ".gz", zstd: ".zst" } as const;
const CONTENT_TYPES = { lines: "text/plain; charset=utf-8", json: "application/x-ndjson", csv: "text/csv; charset=utf-8", tsv: "text/tab-separated-values; charset=utf-8", msgpack: "application/msgpack" } as const;
/** What a batch's content cannot help: a bucket that is not there, a clock that is wrong (403), a store that is elsewhere. */
const JUDGEMENT = { takes: is2xx, waitsFor: [404, 405, 409] };
const KEY_BYTES_MAX = 1024;

/** Where the bucket is: its host, and what stands before each key. */
export function storeOf({ endpoint, bucket, region, path_style: isPathStyle = endpoint !== undefined }: S3Options): { readonly server: URL; readonly prefix: string } {
  const server = new URL(endpoint ?? `https://s3.${region}.amazonaws.com`);
  if (isPathStyle) return { server, prefix: `/${encoded(bucket)}/` };
  server.hostname = `${bucket}.${server.hostname}`;
  return { server, prefix: "/" };
}

export class ObjectWriter {
  readonly #given: S3Options;
  readonly #context: PluginContext;
  readonly #sender: HttpSender;
  readonly #server: URL;
  readonly #prefix: string;
  readonly #styleAt: ReturnType<typeof timeStyles>;
  readonly #keyAt: ReturnType<typeof timePattern>;
  /** The ids of batches under way: an attempt overwrites the one before. */
  readonly #idOf = new WeakMap<Batch, string>();

  constructor(given: S3Options, context: PluginContext) {
    this.#given = given;
    this.#context = context;
    const secrets = [given.secret_access_key, ...(given.session_token === undefined ? [] : [given.session_token])];
    this.#sender = new HttpSender(given, context, { socketsMax: given.concurrency, secrets });
    const { server, prefix } = storeOf(given);
    this.#server = server;
    this.#prefix = prefix;
    this.#styleAt = timeStyles(given);
    this.#keyAt = timePattern(given.key, given.time_zone);
  }

  async write(batch: Batch, signal: AbortSignal): Promise<Written> {
    if (batch.count === 0) return { bytes: 0 };
    const { format, columns, compress } = this.#given;
    const slice = payloadOf(batch, format, this.#styleAt(batch.facts.seconds), columns);
    try {
      const body = await packed([slice.bytes], compress);
      const path = `${this.#prefix}${encodedKey(this.#keyOf(batch))}`;
      const { host } = this.#server;
      const headers = this.#signed(path, host, this.#contentType(batch), body);
      await this.#sender.send({ server: this.#server, path, method: "PUT", headers, body }, JUDGEMENT, signal);
      return { bytes: slice.length };
    } finally {
      slice.release();
    }
  }

  healthy(signal: AbortSignal): Promise<boolean> {
    return isHealthy(this.#sender, this.#server, signal);
  }

  close(): Promise<void> {
    return this.#sender.close();
  }

  #keyOf(batch: Batch): string {
    let id = this.#idOf.get(batch);
    if (id === undefined) this.#idOf.set(batch, (id = randomUUID()));
    // A tag may come from the network: it names a part of the key and nothing else, and leaves room for the id.
    // oxlint-disable-next-line no-control-regex -- control characters are what is to be found
    const tag = batch.tag.replaceAll(/[/\\\u0000-\u001f]/g, "_").replace(/^\.+$/, "_").slice(0, KEY_BYTES_MAX / 8);
    return `${this.#keyAt(batch.facts.seconds, { tag, uuid: id })}${SUFFIX[this.#given.compress]}`;
  }

  #contentType(batch: Batch): string {
    const { format, content_type: given, compress } = this.#given;
    if (given !== undefined) return given;
    if (compress !== "none") return compress === "gzip" ? "application/gzip" : "application/zstd"; // No content-encoding: downloads would not be what the name says.
    return CONTENT_TYPES[format === "auto" ? (batch.form === "lines" ? "lines" : "json") : format];
  }

  #signed(path: string, host: string, contentType: string, body: readonly Buffer[]): Record<string, string> {
    const { access_key_id: accessKeyId, secret_access_key: secretAccessKey, session_token: token, region, storage_class: storageClass, headers: given } = this.#given;
    const digest = createHash("sha256");
    for (const piece of body) digest.update(piece);
    const sum = digest.digest();
    const headers = {
      "content-type": contentType,
      "x-amz-checksum-sha256": sum.toString("base64"),
      "x-amz-content-sha256": sum.toString("hex"),
      "x-amz-date": amazonDate(this.#context.clock.now()),
      ...(token === undefined ? {} : { "x-amz-security-token": token }),
      ...(storageClass === undefined ? {} : { "x-amz-storage-class": storageClass }),
    };
    // Of the headers of the options the store wants its own signed, too.
    const more = Object.fromEntries(Object.entries(given).flatMap(([name, value]) => (/^x-amz-/i.test(name) ? [[name.toLowerCase(), value]] : [])));
    return { ...headers, authorization: authorization({ method: "PUT", path, headers: { ...more, ...headers, host }, bodyDigest: sum.toString("hex") }, { accessKeyId, secretAccessKey, region }) };
  }
}
