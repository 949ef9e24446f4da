// A row of the table as the contract shows it.
import { jsonMap } from "#base/json.ts";
import type { JobMark, JobRecord, JobRow } from "#sdk/job-store.ts";
import type { JobError, QueuedJob } from "#sdk/queue.ts";
import { STATE, STATE_NAMES } from "./tables.ts";

/** All columns, with the rule by its name. */
export const ROW = "j.seq, j.id, r.name AS rule, j.rule AS rule_number, j.state, j.priority, j.attempt, j.losses, j.lease, j.created_ms, j.due_ms, j.started_ms, j.ended_ms, j.key, j.labels, j.origin, j.worker, j.error, length(CAST(j.data AS BLOB)) AS data_bytes, length(CAST(j.result AS BLOB)) AS result_bytes, j.replayed_as";
export const WHOLE_ROW = `${ROW}, j.data, j.envelope, j.result, j.text, j.replay_of`;
export const FROM = "dure_jobs j JOIN dure_job_rules r ON r.rule = j.rule";

export interface Row {
  readonly seq: number;
  readonly id: string;
  readonly rule: string;
  readonly rule_number: number;
  readonly state: number;
  readonly priority: number;
  readonly attempt: number;
  readonly losses: number;
  readonly lease: number;
  readonly created_ms: number;
  readonly due_ms: number | null;
  readonly started_ms: number | null;
  readonly ended_ms: number | null;
  readonly key: string | null;
  readonly labels: string | null;
  readonly origin: string;
  readonly worker: string | null;
  readonly error: string | null;
  readonly data_bytes: number;
  readonly result_bytes: number | null;
  readonly replayed_as: string | null;
}

export interface WholeRow extends Row {
  readonly data: string;
  readonly envelope: string | null;
  readonly result: string | null;
  readonly text: string | null;
  readonly replay_of: string | null;
}

export interface MarkRow {
  readonly at_ms: number;
  readonly kind: string;
  readonly attempt: number;
  readonly text: string | null;
}

export function jobRow(row: Row): JobRow {
  return {
    id: row.id,
    rule: row.rule,
    state: STATE_NAMES[row.state] ?? "failed",
    priority: row.priority,
    attempt: row.attempt,
    losses: row.losses,
    labels: labelsOf(row.labels),
    from: row.origin,
    createdMs: row.created_ms,
    dataBytes: row.data_bytes,
    ...(row.key === null ? {} : { key: row.key }),
    ...(row.due_ms === null ? {} : { runAtMs: row.due_ms }),
    ...(row.started_ms === null ? {} : { startedMs: row.started_ms }),
    ...(row.ended_ms === null ? {} : { endedMs: row.ended_ms }),
    ...(row.worker === null ? {} : { worker: row.worker }),
    ...(row.result_bytes === null ? {} : { resultBytes: row.result_bytes }),
    ...(row.error === null ? {} : { error: errorOf(row.error) }),
    ...(row.replayed_as === null ? {} : { replayedAs: row.replayed_as }),
  };
}

export function jobRecord(row: WholeRow, marks: readonly MarkRow[]): JobRecord {
  return {
    ...jobRow(row),
    data: row.data,
    marks: wholeStory(row, marks),
    ...(row.result === null ? {} : { result: row.result }),
    ...(row.text === null ? {} : { text: row.text }),
    ...(row.envelope === null ? {} : { envelope: row.envelope }),
    ...(row.replay_of === null ? {} : { replayOf: row.replay_of }),
  };
}

/** What a lease hands over. */
export type ClaimedRow = Pick<WholeRow, "seq" | "lease" | "id" | "data" | "priority" | "attempt" | "losses" | "created_ms" | "due_ms" | "key" | "labels" | "envelope" | "origin">;
const CLAIMED_PLAIN = "seq, lease, id, priority, attempt, losses, created_ms, due_ms, key, labels, origin";
export const CLAIMED = `${CLAIMED_PLAIN}, data, envelope`;
/** Larger ones without what is large: they are read again when their turn comes, so that memory does not grow with what waits. */
export const SMALL_BYTES_MAX = 2000;
const isSmall = `octet_length(data) + coalesce(octet_length(envelope), 0) <= ${SMALL_BYTES_MAX}`;
export const CLAIMED_IF_SMALL = `${CLAIMED_PLAIN}, CASE WHEN ${isSmall} THEN data END AS data, CASE WHEN ${isSmall} THEN envelope END AS envelope`;

export function queuedJob(row: ClaimedRow, rule: string): QueuedJob {
  return {
    id: row.id,
    rule,
    data: row.data,
    priority: row.priority,
    attempt: row.attempt,
    losses: row.losses,
    createdMs: row.created_ms,
    from: row.origin,
    ...(row.due_ms === null ? {} : { runAtMs: row.due_ms }),
    ...(row.key === null ? {} : { key: row.key }),
    ...(row.labels === null ? {} : { labels: labelsOf(row.labels) }),
    ...(row.envelope === null ? {} : { envelope: row.envelope }),
  };
}

/** What the row itself tells is not kept as marks: nearly all jobs are queued, begin once and end. */
function wholeStory(row: Row, marks: readonly MarkRow[]): readonly JobMark[] {
  const story: JobMark[] = [{ atMs: row.created_ms, kind: "queued", attempt: 1, text: row.origin }, ...marks.map(({ at_ms: atMs, kind, attempt, text }) => ({ atMs, kind, attempt, ...(text === null ? {} : { text }) }))];
  // Of an attempt that failed the row tells until the next one begins, and a mark as well.
  const isRunOfItsOwn = row.state === STATE.running || row.state === STATE.succeeded || row.state === STATE.failed;
  const isMarked = !isRunOfItsOwn && marks.some(({ kind, at_ms: atMs }) => kind === "started" && atMs === row.started_ms);
  if (row.started_ms !== null && !isMarked) story.push({ atMs: row.started_ms, kind: "started", attempt: row.attempt, ...(row.worker === null ? {} : { text: row.worker }) });
  if (row.ended_ms !== null) story.push({ atMs: row.ended_ms, kind: STATE_NAMES[row.state] ?? "failed", attempt: row.attempt, ...(row.error === null ? {} : { text: errorOf(row.error).message }) });
  return story.toSorted((one, other) => one.atMs - other.atMs);
}

function labelsOf(text: string | null): Readonly<Record<string, string>> {
  return text === null ? {} : (jsonMap(text) as Readonly<Record<string, string>>);
}

function errorOf(text: string): JobError {
  const { kind = "Error", message = "", stack } = jsonMap(text);
  return { kind: String(kind), message: String(message), ...(stack === undefined ? {} : { stack: String(stack) }) };
}
