// A job as a message and back. The body is the job's data; what else is to be known of it are properties every client can write: `type` is the rule, `message_id` the id.
import type { ConsumeMessage, Options } from "amqplib";
import { inOneLine } from "#base/json.ts";
import { orderedId } from "#base/ordered-id.ts";
import { USUAL_PRIORITY } from "#sdk/queue.ts";
import type { NewJob, QueuedJob } from "#sdk/queue.ts";

/** The client encodes all headers of a message into 64 KiB. */
const HEADER_BYTES_MAX = 48 << 10;
const FROM_LENGTH_MAX = 1000;
/** Of counts and moments, the last moment that a date can tell: one more is still a number that the records can hold. */
const COUNT_MAX = 8_640_000_000_000_000;

/** What is written only when it is not the usual. */
interface Headers {
  readonly attempt?: number;
  readonly losses?: number;
  readonly run_at?: number;
  readonly key?: string;
  readonly labels?: string;
  readonly from?: string;
  readonly envelope?: string;
  readonly created?: number;
}

export interface Published {
  readonly content: Buffer;
  readonly options: Options.Publish;
}

export function messageOf(job: NewJob & { readonly id: string; readonly attempt?: number; readonly losses?: number; readonly createdMs?: number }, nowMs: number, replyTo: string | undefined): Published {
  const { attempt = 1, losses = 0, createdMs = nowMs, priority = USUAL_PRIORITY } = job;
  const headers: Headers = {
    created: createdMs,
    from: shortened(job.from),
    ...(attempt === 1 ? {} : { attempt }),
    ...(losses === 0 ? {} : { losses }),
    ...(job.runAtMs === undefined ? {} : { run_at: job.runAtMs }),
    ...fitting({ key: job.key, labels: job.labels === undefined ? undefined : JSON.stringify(job.labels), envelope: job.envelope }),
  };
  return { content: Buffer.from(job.data), options: { persistent: true, contentType: "application/json", messageId: job.id, type: job.rule, priority, headers, ...(replyTo === undefined ? {} : { replyTo, correlationId: job.id }) } };
}

/** In this order, as long as there is room: all headers of a message share one frame, and a job that runs without its envelope is better than one that cannot be sent. */
function fitting(texts: Readonly<Partial<Record<"key" | "labels" | "envelope", string | undefined>>>): Partial<Record<"key" | "labels" | "envelope", string>> {
  let room = HEADER_BYTES_MAX;
  return Object.fromEntries(
    Object.entries(texts).filter(([, text]) => {
      const size = text === undefined ? Infinity : Buffer.byteLength(text);
      if (room < size) return false;
      room -= size;
      return true;
    }),
  );
}

function shortened(text: string): string {
  return text.slice(0, FROM_LENGTH_MAX);
}

/** Undefined: it is no job. */
export function jobOf(message: ConsumeMessage, nowMs: number, queue: string): QueuedJob | undefined {
  const { type, priority } = message.properties;
  if (typeof type !== "string" || type === "") return undefined;
  const data = message.content.toString("utf8");
  if (!isJson(data)) return undefined;
  return { ...factsOf(message, nowMs), id: idOf(message, nowMs), rule: type, data: inOneLine(data), priority: typeof priority === "number" ? Math.min(9, priority) : USUAL_PRIORITY, from: textOf(headersOf(message).from) ?? `queue:${queue}` };
}

/** Its sender's, or a new one. */
export function idOf({ properties }: ConsumeMessage, nowMs: number): string {
  const { messageId } = properties as { readonly messageId?: unknown };
  return typeof messageId === "string" && messageId !== "" ? messageId : orderedId(nowMs);
}

/** What the headers add to a job, whoever made its body. */
export function factsOf(message: ConsumeMessage, nowMs: number): Pick<QueuedJob, "attempt" | "losses" | "createdMs" | "runAtMs" | "key" | "labels" | "envelope"> {
  const { attempt, losses, run_at: runAt, key, labels, envelope, created } = headersOf(message);
  return {
    attempt: countOf(attempt) ?? 1,
    losses: (countOf(losses) ?? 0) + deliveriesLost(message),
    createdMs: countOf(created) ?? nowMs,
    ...(countOf(runAt) === undefined ? {} : { runAtMs: countOf(runAt) ?? 0 }),
    ...(textOf(key) === undefined ? {} : { key: textOf(key) ?? "" }),
    ...(labelsOf(labels) === undefined ? {} : { labels: labelsOf(labels) ?? {} }),
    ...(textOf(envelope) === undefined ? {} : { envelope: textOf(envelope) ?? "" }),
  };
}

/**
 * A quorum queue counts how often whoever had a message went away with it, others say that somebody did. One loss, however often: a connection goes for other reasons, and with it all that waited
 * for a slot; jobs that never began would be taken for poison when a broker is restarted a few times.
 */
export function deliveriesLost({ properties, fields }: ConsumeMessage): number {
  const count = countOf((properties.headers as Record<string, unknown> | undefined)?.["x-delivery-count"]) ?? 0;
  return fields.redelivered || 0 < count ? 1 : 0;
}

function headersOf({ properties }: ConsumeMessage): { readonly [Name in keyof Headers]: unknown } {
  return (properties.headers ?? {}) as { readonly [Name in keyof Headers]: unknown };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function countOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && 0 <= value && value <= COUNT_MAX ? value : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function labelsOf(value: unknown): Readonly<Record<string, string>> | undefined {
  if (typeof value !== "string") return undefined;
  try {
    const labels: unknown = JSON.parse(value);
    if (typeof labels !== "object" || labels === null || Array.isArray(labels)) return undefined;
    return Object.fromEntries(Object.entries(labels).map(([name, text]) => [name, String(text)]));
  } catch {
    return undefined;
  }
}
