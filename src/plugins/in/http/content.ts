// What a body holds: its bytes by content type, encoding and charset, as lines or records. Whatever is wrong with it is a Refusal that the
// client can read.
import { isUtf8 } from "node:buffer";
import { promisify } from "node:util";
import { gunzip, zstdDecompress } from "node:zlib";
import iconv from "iconv-lite";
import { systemCode } from "#base/errors.ts";
import { parseJson } from "#base/json.ts";
import { timeFormat } from "#dataplane/time-format.ts";
import { isKnownEncoding, plainEncoding } from "#sdk/encoding-option.ts";
import type { HttpInputOptions } from "../http.ts";
import { Refusal } from "./refusal.ts";

export interface TimedRecord {
  readonly record: Record<string, unknown>;
  readonly timeMs: number | undefined;
}

export type Content =
  /** Every line ends with a newline. */
  | { readonly kind: "lines"; readonly text: Buffer }
  | { readonly kind: "records"; readonly records: Iterable<TimedRecord> };

export type BodyFormat = "lines" | "json_lines" | "json";

/** What a request says of its body. */
export interface BodyHead {
  readonly format: BodyFormat;
  readonly charset: string;
  readonly encoding: "identity" | "gzip" | "zstd";
}

const NEWLINE = 10;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
/** Deeper values would exhaust the stack of whoever walks them. */
const DEPTH_MAX = 64;
const SECONDS_MAX = 2 ** 32;
const LINES = new Set(["", "text/plain", "application/octet-stream", "application/x-www-form-urlencoded"]); // curl calls everything a form.
const JSON_LINES = new Set(["application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines", "application/json-lines"]);
const ENCODINGS = new Map<string, BodyHead["encoding"]>([["", "identity"], ["identity", "identity"], ["gzip", "gzip"], ["x-gzip", "gzip"], ["zstd", "zstd"]]);
const ISO = timeFormat("iso8601", "UTC");

/** Throws Refusal. */
export function readBodyHead(contentType: string | undefined, contentEncoding: string | undefined, asked: HttpInputOptions["format"]): BodyHead {
  const [type = "", ...parameters] = (contentType ?? "").split(";").map((part) => part.trim());
  const charset = /^charset="?([^"]*)"?$/i.exec(parameters.find((part) => /^charset=/i.test(part)) ?? "")?.[1] ?? "utf-8";
  if (!isKnownEncoding(charset)) throw new Refusal(415, `the charset ${charset.slice(0, 40)} is not known`);
  const encoding = ENCODINGS.get((contentEncoding ?? "").trim().toLowerCase());
  if (encoding === undefined) throw new Refusal(415, "the content-encoding is not known; send gzip, zstd or none");
  return { format: asked === "auto" ? formatOf(type.toLowerCase()) : asked, charset: plainEncoding(charset), encoding };
}

function formatOf(type: string): BodyFormat {
  if (LINES.has(type)) return "lines";
  if (JSON_LINES.has(type)) return "json_lines";
  if (type === "application/json" || type === "text/json" || /^application\/[\w.-]+\+json$/.test(type)) return "json";
  throw new Refusal(415, "the content type is not known; send text/plain, application/json or application/x-ndjson");
}

/** Throws Refusal. */
export async function unpacked(body: Buffer, encoding: BodyHead["encoding"], bytesMax: number): Promise<Buffer> {
  if (encoding === "identity") return body;
  try {
    return await (encoding === "gzip" ? promisify(gunzip)(body, { maxOutputLength: bytesMax }) : promisify(zstdDecompress)(body, { maxOutputLength: bytesMax }));
  } catch (error) {
    if (systemCode(error) === "ERR_BUFFER_TOO_LARGE") throw new Refusal(413, `the unpacked body is over ${bytesMax} bytes`);
    throw new Refusal(400, `the body is not whole ${encoding}`);
  }
}

/** Throws Refusal, and so do its records where they are read. */
export function readContent(body: Buffer, { format, charset }: BodyHead, timeKey: string): Content {
  const bytes = charset === "utf8" ? (body.subarray(0, 3).equals(BYTE_ORDER_MARK) ? body.subarray(3) : body) : Buffer.from(iconv.decode(body, charset));
  if (format === "lines") return { kind: "lines", text: bytes.length === 0 || bytes.at(-1) === NEWLINE ? bytes : Buffer.concat([bytes, Buffer.from([NEWLINE])]) };
  if (!isUtf8(bytes)) throw new Refusal(400, "the body is not UTF-8; name its charset in the content type");
  const text = bytes.toString("utf8");
  return { kind: "records", records: timed(format === "json_lines" ? objectsOfLines(text) : objectsOf(text), timeKey) };
}

/** One after the other: all at once would be many times the body. */
function* timed(objects: Iterable<Record<string, unknown>>, timeKey: string): Generator<TimedRecord> {
  for (const object of objects) yield takeTime(object, timeKey);
}

function* objectsOfLines(text: string): Generator<Record<string, unknown>> {
  for (let at = 0, number = 1; at < text.length; number += 1) {
    const newline = text.indexOf("\n", at);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(at, end);
    if (line.trim() !== "") yield objectOf(parsed(line, `line ${number}`), `line ${number}`);
    at = end + 1;
  }
}

function* objectsOf(text: string): Generator<Record<string, unknown>> {
  const value = parsed(text, "the body");
  if (!Array.isArray(value)) return yield objectOf(value, "the body");
  for (const [index, item] of value.entries()) yield objectOf(item, `item ${index + 1} of the array`);
}

function parsed(text: string, what: string): unknown {
  try {
    return parseJson(text);
  } catch {
    throw new Refusal(400, `${what} is no JSON`);
  }
}

function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Refusal(400, `${what} is no JSON object`);
  if (!isWithin(value, DEPTH_MAX)) throw new Refusal(400, `${what} is nested deeper than ${DEPTH_MAX}`);
  return value as Record<string, unknown>;
}

function isWithin(value: object, depth: number): boolean {
  if (depth === 0) return false;
  return Object.values(value).every((inner) => typeof inner !== "object" || inner === null || isWithin(inner as object, depth - 1));
}

/** The time leaves the record when it is one; a field that says something else stays. */
function takeTime(record: Record<string, unknown>, key: string): TimedRecord {
  const value = key === "" ? undefined : record[key];
  let seconds: number | undefined;
  if (typeof value === "number") seconds = value;
  else if (typeof value === "string") {
    const instant = ISO.parse(value, 0);
    if (instant !== undefined) seconds = instant.seconds + instant.nanoseconds / 1e9;
  }
  if (seconds === undefined || !(0 <= seconds && seconds < SECONDS_MAX)) return { record, timeMs: undefined };
  const { [key]: _time, ...rest } = record;
  return { record: rest, timeMs: seconds * 1000 };
}
