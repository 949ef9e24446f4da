// The statements that move a job from one state to the next, each within the transaction of the moment. How many there are of each state and rule is counted along.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { HOUSE, USUAL_PRIORITY } from "#sdk/queue.ts";
import type { JobError, NewJob, Outcome, QueueDepth, QueuedJob } from "#sdk/queue.ts";
import type { JobMark } from "#sdk/job-store.ts";
import { changing } from "../../stores/sqlite-changes.ts";
import type { Claim } from "./claims.ts";
import { CLAIMED, CLAIMED_IF_SMALL, FROM, WHOLE_ROW, queuedJob } from "./rows.ts";
import type { ClaimedRow, WholeRow } from "./rows.ts";
import { OPEN, OVER, REPLAYED, STATE } from "./tables.ts";
import type { StateNumber } from "./tables.ts";
import type { Head } from "./waiting.ts";

/** A history is cut there: whoever wants more of a job's words writes a log. */
const MARKS_MAX = 1000;
const MARK_CHARACTERS_MAX = 4000;
/** The last moment that a date can tell. A later one could be written, and then not be read: the file would not open again. */
const LATEST_MS = 8_640_000_000_000_000;

export interface Moved {
  readonly rule: number;
  readonly priority: number;
  readonly state: StateNumber;
}

export interface JobsTableParts {
  /** There has never been a job of it. */
  readonly newRule: () => void;
  /** Within the transaction: the words of a job are others. */
  readonly changed: (seq: number) => void;
}

export class JobsTable {
  readonly #statements: ReturnType<typeof prepare>;
  readonly #rules = new Map<string, number>();
  readonly #ruleNames = new Map<number, string>();
  /** Since the last commit, by rule and state. */
  #deltas = new Map<number, number>();
  readonly #tally = new Map<number, number>();

  readonly #parts: JobsTableParts;

  constructor(database: DatabaseSync, parts: JobsTableParts) {
    this.#statements = prepare(database);
    this.#parts = parts;
    this.reload();
  }

  /** What memory holds of the tables, as they are now. */
  reload(): void {
    this.#rules.clear();
    this.#ruleNames.clear();
    this.#tally.clear();
    this.#deltas.clear();
    for (const { rule, name } of this.#statements.rules.all() as unknown as { rule: number; name: string }[]) this.#know(rule, name);
    for (const { rule, state, count } of this.#statements.tally.all() as unknown as { rule: number; state: number; count: number }[]) this.#tally.set(rule * 8 + state, count);
  }

  *counts(): Iterable<{ readonly rule: number; readonly state: StateNumber; readonly count: number }> {
    for (const [key, count] of this.#tally) if (0 < count && key % 8 !== REPLAYED) yield { rule: Math.floor(key / 8), state: (key % 8) as StateNumber, count };
  }

  count(state: StateNumber | typeof REPLAYED): number {
    let sum = 0;
    for (const [key, count] of this.#tally) if (key % 8 === state) sum += count;
    return sum;
  }

  /** Of the rules that are meant; dead letters that somebody has replayed count no more. */
  depth(isMeant: (name: string) => boolean): QueueDepth {
    const counts = new Map<number, number>();
    for (const [key, count] of this.#tally) if (isMeant(this.ruleName(Math.floor(key / 8)))) counts.set(key % 8, (counts.get(key % 8) ?? 0) + count);
    const count = (state: number): number => counts.get(state) ?? 0;
    return { queued: count(STATE.queued), delayed: count(STATE.delayed), running: count(STATE.running), failed: Math.max(0, count(STATE.failed) - count(REPLAYED)) };
  }

  houseRules(): readonly number[] {
    return [...this.#rules].flatMap(([name, rule]) => (name.startsWith(HOUSE) ? [rule] : []));
  }

  ruleName(rule: number): string {
    return this.#ruleNames.get(rule) ?? "";
  }

  /** Undefined: there has never been a job of it. */
  knownRule(name: string): number | undefined {
    return this.#rules.get(name);
  }

  rule(name: string): number {
    const known = this.#rules.get(name);
    if (known !== undefined) return known;
    const rule = Number(this.#statements.newRule.run(name).lastInsertRowid);
    this.#know(rule, name);
    this.#parts.newRule();
    return rule;
  }

  #know(rule: number, name: string): void {
    this.#rules.set(name, rule);
    this.#ruleNames.set(rule, name);
  }

  /** Undefined: its id or key is there already. */
  insert(job: NewJob & { readonly id: string }, state: StateNumber, nowMs: number, replayOf?: string): Head | undefined {
    const rule = this.rule(job.rule);
    const priority = job.priority ?? USUAL_PRIORITY;
    const labels = job.labels === undefined ? null : JSON.stringify(job.labels);
    const { changes, lastInsertRowid } = this.#statements.insert.run(
      job.id, rule, state, priority, nowMs, momentOf(job.runAtMs), job.key ?? null, labels, job.from, job.data, job.envelope ?? null, replayOf ?? null,
    );
    if (Number(changes) === 0) return undefined;
    this.#add(rule, state, 1);
    return { seq: Number(lastInsertRowid), priority, rule };
  }

  /** Of the job that has this id or, failing that, this key. */
  idOf(id: string, key: string | undefined): string {
    const found = (this.#statements.idOf.get(id) ?? (key === undefined ? undefined : this.#statements.idOfKey.get(key))) as { id: string } | undefined;
    return found?.id ?? id;
  }

  /** Of those that wait, small ones whole: the rows of `claims` say so, too. */
  first(rule: number, limit: number, claims: { readonly count: number; has(seq: number): boolean }): readonly Head[] {
    const rows = this.#statements.first.all(rule, limit + claims.count) as unknown as (ClaimedRow & { readonly data: string | null })[];
    const name = this.ruleName(rule);
    return rows.filter(({ seq }) => !claims.has(seq)).slice(0, limit).map((row) => (row.data === null ? { seq: row.seq, rule, priority: row.priority } : { seq: row.seq, rule, priority: row.priority, lease: row.lease, job: queuedJob(row, name) }));
  }

  /** Counted as running from now on; its row is not touched. */
  claim({ seq, rule, job, lease = 0 }: Head): { readonly lease: number; readonly job: QueuedJob } {
    this.#add(rule, STATE.queued, -1);
    this.#add(rule, STATE.running, 1);
    if (job !== undefined) return { lease: lease + 1, job };
    const row = this.#statements.claimed.get(seq) as unknown as ClaimedRow;
    return { lease: row.lease + 1, job: queuedJob(row, this.ruleName(rule)) };
  }

  /** What came of a lease. False: it is not the one that counts any more. */
  settle({ seq, lease, worker, startedMs }: Claim, rule: number, outcome: Exclude<Outcome, { readonly type: "retry" | "lost" | "released" }>, nowMs: number): boolean {
    const { type } = outcome;
    const { changes } = this.#statements.end.run(STATE[type], lease, worker, startedMs, nowMs, ...saidBy(outcome), seq, lease, lease - 1);
    if (Number(changes) === 0) return false;
    this.#add(rule, STATE.running, -1);
    this.#add(rule, STATE[type], 1);
    return true;
  }

  /** Back into the queue. Undefined: the lease is not the one that counts any more. */
  putBack({ seq, lease, worker, startedMs }: Claim, rule: number, job: QueuedJob, outcome: Extract<Outcome, { readonly type: "retry" | "lost" | "released" }>, nowMs: number): StateNumber | undefined {
    const afterMs = outcome.afterMs ?? 0;
    const state = 0 < afterMs ? STATE.delayed : STATE.queued;
    const isReleased = outcome.type === "released";
    const { changes } = this.#statements.putBack.run(state, 0 < afterMs ? momentOf(nowMs + afterMs) : null, isReleased ? 0 : 1, outcome.type === "lost" ? 1 : 0, isReleased ? null : errorText(outcome.error), lease, worker, startedMs, seq, lease, lease - 1);
    if (Number(changes) === 0) return undefined;
    this.#parts.changed(seq);
    if (!isReleased) {
      this.mark(seq, { atMs: startedMs, kind: "started", attempt: job.attempt, text: worker });
      this.mark(seq, { atMs: nowMs, kind: outcome.type === "lost" ? "lost" : "failed", attempt: job.attempt, text: outcome.error.message });
    }
    if (0 < afterMs && !isReleased) this.mark(seq, { atMs: nowMs, kind: "retry", attempt: job.attempt + 1, text: `${afterMs} ms` });
    this.#add(rule, STATE.running, -1);
    this.#add(rule, state, 1);
    return state;
  }

  /** Those that are due: they wait from now on. */
  due(nowMs: number, limit: number): readonly Head[] {
    const rows = this.#statements.due.all(nowMs, limit) as unknown as Head[];
    for (const { rule } of rows) {
      this.#add(rule, STATE.delayed, -1);
      this.#add(rule, STATE.queued, 1);
    }
    return rows;
  }

  /** Those that wait for their next attempt. */
  moveRetries(byMs: number): void {
    this.#statements.moveRetries.run(LATEST_MS, byMs);
  }

  nextDueMs(): number | undefined {
    return (this.#statements.nextDue.get() as { due: number | null }).due ?? undefined;
  }

  /** Of an agent that is gone. What a broker had given it, the broker gives to somebody else. */
  takeBack(nowMs: number): number {
    this.#statements.boundDue.run(LATEST_MS, LATEST_MS); // Of files that were written before there was a bound.
    const rows = this.#statements.leftOver.all() as unknown as { seq: number; rule: number; attempt: number; is_foreign: number }[];
    for (const { seq, rule, attempt, is_foreign: isForeign } of rows) {
      const state = isForeign === 1 ? STATE.sent : STATE.queued;
      this.#statements.takeBack.run(state, isForeign === 1 ? 0 : 1, 1, seq);
      if (isForeign === 0) this.mark(seq, { atMs: nowMs, kind: "lost", attempt, text: "the agent ended while it ran" });
      this.#add(rule, STATE.running, -1);
      this.#add(rule, state, 1);
    }
    return rows.length;
  }

  /** A job that waits is over. Undefined: it does not wait. */
  cancel(id: string, by: string, nowMs: number, isClaimed: (seq: number) => boolean): (Moved & { readonly seq: number }) | undefined {
    const found = this.#statements.waiting.get(id) as unknown as (Moved & { seq: number }) | undefined;
    if (found === undefined || isClaimed(found.seq)) return undefined;
    this.#statements.cancel.run(nowMs, errorText({ kind: "CANCELLED", message: by }), found.seq);
    this.#parts.changed(found.seq);
    this.#add(found.rule, found.state, -1);
    this.#add(found.rule, STATE.cancelled, 1);
    return found;
  }

  /** Undefined: it is not there, or not over. */
  replay(id: string, as: string, by: string, data: string | undefined, nowMs: number): Head | undefined {
    const row = this.#statements.rowOf.get(id) as unknown as WholeRow | undefined;
    if (row === undefined || row.state < OVER) return undefined;
    const { rule, rule_number: number, priority, origin, labels, envelope } = row;
    const inserted = this.insert({ id: as, rule, priority, data: data ?? row.data, from: origin, ...(labels === null ? {} : { labels: JSON.parse(labels) as Record<string, string> }), ...(envelope === null ? {} : { envelope }) }, STATE.queued, nowMs, id);
    this.#statements.replayedAs.run(as, row.seq);
    if (row.state === STATE.failed && row.replayed_as === null) this.#add(number, REPLAYED, 1);
    this.mark(row.seq, { atMs: nowMs, kind: "replayed", attempt: row.attempt, text: by });
    return inserted;
  }

  /** Gives the key that it had. */
  forget(seq: number, rule: number, state: StateNumber): string | undefined {
    const gone = this.#statements.forget.get(seq) as { readonly replayed_as: string | null; readonly key: string | null } | undefined;
    if (gone === undefined) return undefined;
    if (state === STATE.failed && gone.replayed_as !== null) this.#add(rule, REPLAYED, -1);
    this.#statements.forgetMarks.run(seq);
    this.#statements.forgetText.run(seq);
    this.#add(rule, state, -1);
    return gone.key ?? undefined;
  }

  seqOf(id: string): { readonly seq: number; readonly rule: number; readonly state: StateNumber; readonly is_replayed: 0 | 1 } | undefined {
    return this.#statements.seqOf.get(id) as unknown as { seq: number; rule: number; state: StateNumber; is_replayed: 0 | 1 } | undefined;
  }

  mark(seq: number, { atMs, kind, attempt, text }: JobMark): void {
    this.#statements.mark.run(seq, atMs, kind, attempt, text?.slice(0, MARK_CHARACTERS_MAX) ?? null, seq, MARKS_MAX);
  }

  /** A job of a broker, as this agent comes to know of it: mostly only when it has ended, and then it is one row, written once. */
  foreign(job: QueuedJob, state: StateNumber, nowMs: number, begun: { readonly worker: string; readonly startedMs: number } | undefined, outcome?: Outcome): void {
    const rule = this.rule(job.rule);
    const endedMs = OVER <= state ? nowMs : null;
    const said = saidBy(outcome);
    const { changes } = this.#statements.insertForeign.run(
      job.id, rule, state, job.priority, job.attempt, job.losses, momentOf(job.createdMs), momentOf(job.runAtMs), begun?.startedMs ?? null, endedMs,
      job.key ?? null, job.labels === undefined ? null : JSON.stringify(job.labels), job.from, begun?.worker ?? null, job.data, job.envelope ?? null, ...said,
    );
    if (Number(changes) === 1) return this.#add(rule, state, 1);
    const before = this.seqOf(job.id);
    if (before === undefined) return; // Its key is another's.
    if (OVER <= before.state && state < OVER) return; // What it was is known better.
    this.#statements.foreign.run(state, job.attempt, job.losses, begun?.worker ?? null, begun?.startedMs ?? null, endedMs, ...said, before.seq);
    this.#parts.changed(before.seq);
    if (before.state === state) return;
    this.#add(before.rule, before.state, -1);
    this.#add(before.rule, state, 1);
    if (before.is_replayed === 1 && before.state === STATE.failed) this.#add(before.rule, REPLAYED, -1);
    if (before.is_replayed === 1 && state === STATE.failed) this.#add(before.rule, REPLAYED, 1);
  }

  /** Of the last attempt, as its row tells. */
  begunOf(id: string): { readonly worker: string; readonly startedMs: number } | undefined {
    return this.#statements.begunOf.get(id) as { worker: string; startedMs: number } | undefined;
  }

  /** Of a job that is not over. */
  lossesOf(id: string): number {
    return (this.#statements.lossesOf.get(id) as { losses: number } | undefined)?.losses ?? 0;
  }

  /** A job that was sent to a broker has ended at another agent. */
  answered(id: string, outcome: Extract<Outcome, { readonly type: "succeeded" | "failed" | "cancelled" }>, nowMs: number): void {
    const found = this.seqOf(id);
    if (found === undefined || found.state !== STATE.sent) return;
    const state = STATE[outcome.type];
    this.#statements.answered.run(state, nowMs, ...saidBy(outcome), found.seq);
    this.#parts.changed(found.seq);
    this.#add(found.rule, STATE.sent, -1);
    this.#add(found.rule, state, 1);
  }

  /** Writes the counts of this transaction; what it gives makes them true in memory, after the commit. */
  writeTally(): () => void {
    const deltas = this.#deltas;
    this.#deltas = new Map();
    for (const [key, delta] of deltas) if (delta !== 0) this.#statements.addTally.run(Math.floor(key / 8), key % 8, delta);
    return () => {
      for (const [key, delta] of deltas) this.#tally.set(key, (this.#tally.get(key) ?? 0) + delta);
    };
  }

  #add(rule: number, state: StateNumber | typeof REPLAYED, change: number): void {
    const key = rule * 8 + state;
    this.#deltas.set(key, (this.#deltas.get(key) ?? 0) + change);
  }
}

/** A whole number of milliseconds that can be read again, whoever asked for it. */
function momentOf(ms: number): number;
function momentOf(ms: number | undefined): number | null;
function momentOf(ms: number | undefined): number | null {
  return ms === undefined || Number.isNaN(ms) ? null : Math.max(0, Math.min(LATEST_MS, Math.ceil(ms)));
}

/** What its row says of it. */
function saidBy(outcome: Outcome | undefined): readonly [result: string | null, text: string | null, error: string | null] {
  if (outcome?.type === "succeeded") return [outcome.result, outcome.text ?? null, null];
  if (outcome?.type === "cancelled") return [null, null, errorText({ kind: "CANCELLED", message: outcome.by })];
  return [null, null, outcome === undefined || outcome.type === "released" ? null : errorText(outcome.error)];
}

function errorText({ kind, message, stack }: JobError): string {
  return JSON.stringify({ kind, message: message.slice(0, 16_000), ...(stack === undefined ? {} : { stack: stack.slice(0, 16_000) }) });
}

/** Whether its row shows the lease or not yet. */
const OF_LEASE = "WHERE seq = ? AND (state = 3 AND lease = ? OR state = 1 AND lease = ?)";

function prepare(database: DatabaseSync) {
  const statement = (sql: string): StatementSync => database.prepare(sql);
  const change = (sql: string): StatementSync => changing(database, sql);
  return {
    rules: statement("SELECT rule, name FROM dure_job_rules"),
    newRule: change("INSERT INTO dure_job_rules (name) VALUES (?)"),
    tally: statement("SELECT rule, state, count FROM dure_job_tally"),
    addTally: change("INSERT INTO dure_job_tally (rule, state, count) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count"),
    insert: change("INSERT OR IGNORE INTO dure_jobs (id, rule, state, priority, attempt, losses, lease, is_foreign, created_ms, due_ms, key, labels, origin, data, envelope, replay_of) VALUES (?, ?, ?, ?, 1, 0, 0, 0, ?, ?, ?, ?, ?, ?, ?, ?)"),
    idOf: statement("SELECT id FROM dure_jobs WHERE id = ?"),
    idOfKey: statement("SELECT id FROM dure_jobs WHERE key = ?"),
    first: statement(`SELECT ${CLAIMED_IF_SMALL} FROM dure_jobs WHERE ${OPEN} AND state = 1 AND rule = ? ORDER BY priority DESC, seq LIMIT ?`),
    claimed: statement(`SELECT ${CLAIMED} FROM dure_jobs WHERE seq = ?`),
    rowOf: statement(`SELECT ${WHOLE_ROW} FROM ${FROM} WHERE j.id = ?`),
    end: change(`UPDATE dure_jobs SET state = ?, lease = ?, worker = ?, started_ms = ?, ended_ms = ?, result = ?, text = ?, error = ? ${OF_LEASE}`),
    putBack: change(`UPDATE dure_jobs SET state = ?, due_ms = ?, attempt = attempt + ?, losses = losses + ?, error = COALESCE(?, error), lease = ?, worker = ?, started_ms = ? ${OF_LEASE}`),
    due: statement("UPDATE dure_jobs SET state = 1 WHERE seq IN (SELECT seq FROM dure_jobs WHERE state = 0 AND due_ms <= ? ORDER BY due_ms LIMIT ?) RETURNING seq, rule, priority"),
    moveRetries: change("UPDATE dure_jobs SET due_ms = min(?, due_ms + ?) WHERE state = 0 AND attempt > 1"),
    boundDue: change("UPDATE dure_jobs SET due_ms = ? WHERE state = 0 AND due_ms > ?"),
    nextDue: statement("SELECT min(due_ms) AS due FROM dure_jobs WHERE state = 0"),
    leftOver: statement(`SELECT seq, rule, attempt, is_foreign FROM dure_jobs WHERE ${OPEN} AND state = 3`),
    begunOf: statement("SELECT worker, started_ms AS startedMs FROM dure_jobs WHERE id = ? AND state = 3 AND started_ms IS NOT NULL AND worker IS NOT NULL"),
    lossesOf: statement("SELECT losses FROM dure_jobs WHERE id = ? AND state < 4"),
    takeBack: change("UPDATE dure_jobs SET state = ?, attempt = attempt + ?, losses = losses + ? WHERE seq = ?"),
    waiting: statement("SELECT seq, rule, priority, state FROM dure_jobs WHERE id = ? AND state IN (0, 1)"),
    cancel: change("UPDATE dure_jobs SET state = 6, ended_ms = ?, error = ? WHERE seq = ?"),
    replayedAs: change("UPDATE dure_jobs SET replayed_as = ? WHERE seq = ?"),
    forget: statement("DELETE FROM dure_jobs WHERE seq = ? RETURNING replayed_as, key"),
    forgetMarks: change("DELETE FROM dure_job_marks WHERE seq = ?"),
    forgetText: change("DELETE FROM dure_job_text WHERE rowid = ?"),
    seqOf: statement("SELECT seq, rule, state, replayed_as IS NOT NULL AS is_replayed FROM dure_jobs WHERE id = ?"),
    mark: change("INSERT INTO dure_job_marks (seq, at_ms, kind, attempt, text) SELECT ?, ?, ?, ?, ? WHERE (SELECT count(*) FROM dure_job_marks WHERE seq = ?) < ?"),
    insertForeign: change("INSERT OR IGNORE INTO dure_jobs (id, rule, state, priority, attempt, losses, lease, is_foreign, created_ms, due_ms, started_ms, ended_ms, key, labels, origin, worker, data, envelope, result, text, error) VALUES (?, ?, ?, ?, ?, ?, 0, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
    answered: change("UPDATE dure_jobs SET state = ?, ended_ms = ?, result = ?, text = ?, error = ? WHERE seq = ?"),
    foreign: change("UPDATE dure_jobs SET state = ?, attempt = ?, losses = ?, worker = COALESCE(?, worker), started_ms = COALESCE(?, started_ms), ended_ms = ?, result = ?, text = ?, error = ? WHERE seq = ?"),
  };
}
