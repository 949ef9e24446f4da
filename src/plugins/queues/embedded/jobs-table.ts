// The statements that move a job from one state to the next, each within the transaction of the moment. How many there are of each state and rule is counted along.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { JobError, NewJob, Outcome, QueuedJob } from "#sdk/queue.ts";
import type { JobMark } from "#sdk/job-store.ts";
import { CLAIMED, FROM, WHOLE_ROW } from "./rows.ts";
import type { ClaimedRow, WholeRow } from "./rows.ts";
import { OPEN, OVER, STATE } from "./tables.ts";
import type { StateNumber } from "./tables.ts";
import type { Head } from "./waiting.ts";

export const USUAL_PRIORITY = 4;
/** A history is cut there: whoever wants more of a job's words writes a log. */
const MARKS_MAX = 1000;
const MARK_CHARACTERS_MAX = 4000;

export interface Inserted extends Head {
  readonly rule: number;
}

export interface Moved {
  readonly rule: number;
  readonly priority: number;
  readonly state: StateNumber;
}

/** No state of a job: in the tally, the dead letters that were replayed. They are counted as failed, too. */
const REPLAYED = 7;

export class JobsTable {
  readonly #statements: ReturnType<typeof prepare>;
  readonly #rules = new Map<string, number>();
  /** Since the last commit, by rule and state. */
  readonly #ruleNames = new Map<number, string>();
  #deltas = new Map<number, number>();
  readonly #tally = new Map<number, number>();

  constructor(database: DatabaseSync) {
    this.#statements = prepare(database);
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

  /** Dead letters that nobody has replayed. */
  countDead(): number {
    return Math.max(0, this.count(STATE.failed) - this.count(REPLAYED));
  }

  count(state: StateNumber | typeof REPLAYED): number {
    let sum = 0;
    for (const [key, count] of this.#tally) if (key % 8 === state) sum += count;
    return sum;
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
    return rule;
  }

  #know(rule: number, name: string): void {
    this.#rules.set(name, rule);
    this.#ruleNames.set(rule, name);
  }

  /** Undefined: its id or key is there already. */
  insert(job: NewJob & { readonly id: string }, state: StateNumber, nowMs: number, more: { readonly lease?: number; readonly worker?: string; readonly replayOf?: string } = {}): Inserted | undefined {
    const rule = this.rule(job.rule);
    const priority = job.priority ?? USUAL_PRIORITY;
    const labels = job.labels === undefined ? null : JSON.stringify(job.labels);
    const isRunning = state === STATE.running;
    const { changes, lastInsertRowid } = this.#statements.insert.run(
      job.id, rule, state, priority, more.lease ?? 0, nowMs, job.runAtMs ?? null, isRunning ? nowMs : null,
      job.key ?? null, labels, job.from, isRunning ? (more.worker ?? null) : null, job.data, job.envelope ?? null, more.replayOf ?? null,
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

  first(rule: number, limit: number): readonly Head[] {
    return this.#statements.first.all(rule, limit) as unknown as Head[];
  }

  claim(seq: number, worker: string, nowMs: number): ClaimedRow {
    const row = this.#statements.claim.get(worker, nowMs, seq) as unknown as Omit<ClaimedRow, "rule">;
    this.#add(row.rule_number, STATE.queued, -1);
    this.#add(row.rule_number, STATE.running, 1);
    return { ...row, rule: this.ruleName(row.rule_number) };
  }

  /** What came of a lease. False: it is not the one that counts any more. */
  settle(seq: number, rule: number, lease: number, outcome: Exclude<Outcome, { readonly type: "retry" | "lost" | "released" }>, nowMs: number): boolean {
    const { type } = outcome;
    const { result = null, text = null } = type === "succeeded" ? outcome : {};
    const error = type === "failed" ? errorText(outcome.error) : type === "cancelled" ? errorText({ kind: "CANCELLED", message: outcome.by }) : null;
    const { changes } = this.#statements.end.run(STATE[type], nowMs, result, text, error, seq, lease);
    if (Number(changes) === 0) return false;
    this.#add(rule, STATE.running, -1);
    this.#add(rule, STATE[type], 1);
    return true;
  }

  /** Back into the queue. Undefined: the lease is not the one that counts any more. */
  putBack(seq: number, rule: number, lease: number, job: QueuedJob, outcome: Extract<Outcome, { readonly type: "retry" | "lost" | "released" }>, nowMs: number): StateNumber | undefined {
    const afterMs = outcome.afterMs ?? 0;
    const state = 0 < afterMs ? STATE.delayed : STATE.queued;
    const isReleased = outcome.type === "released";
    const { changes } = this.#statements.putBack.run(state, 0 < afterMs ? nowMs + afterMs : null, isReleased ? 0 : 1, outcome.type === "lost" ? 1 : 0, isReleased ? null : errorText(outcome.error), seq, lease);
    if (Number(changes) === 0) return undefined;
    if (!isReleased) this.mark(seq, { atMs: nowMs, kind: outcome.type === "lost" ? "lost" : "failed", attempt: job.attempt, text: outcome.error.message });
    if (0 < afterMs && !isReleased) this.mark(seq, { atMs: nowMs, kind: "retry", attempt: job.attempt + 1, text: `${afterMs} ms` });
    this.#add(rule, STATE.running, -1);
    this.#add(rule, state, 1);
    return state;
  }

  /** Those that are due: they wait from now on. */
  due(nowMs: number, limit: number): readonly Inserted[] {
    const rows = this.#statements.due.all(nowMs, limit) as unknown as Inserted[];
    for (const { rule } of rows) {
      this.#add(rule, STATE.delayed, -1);
      this.#add(rule, STATE.queued, 1);
    }
    return rows;
  }

  /** Those that wait for their next attempt. */
  moveRetries(byMs: number): void {
    this.#statements.moveRetries.run(byMs);
  }

  nextDueMs(): number | undefined {
    return (this.#statements.nextDue.get() as { due: number | null }).due ?? undefined;
  }

  /** Of an agent that is gone. What a broker had given it, the broker gives to somebody else. */
  takeBack(nowMs: number): number {
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
  cancel(id: string, by: string, nowMs: number): (Moved & { readonly seq: number }) | undefined {
    const found = this.#statements.waiting.get(id) as unknown as (Moved & { seq: number }) | undefined;
    if (found === undefined) return undefined;
    this.#statements.cancel.run(nowMs, errorText({ kind: "CANCELLED", message: by }), found.seq);
    this.#add(found.rule, found.state, -1);
    this.#add(found.rule, STATE.cancelled, 1);
    return found;
  }

  /** Undefined: it is not there, or not over. */
  replay(id: string, as: string, by: string, data: string | undefined, nowMs: number): Inserted | undefined {
    const row = this.#statements.rowOf.get(id) as unknown as WholeRow | undefined;
    if (row === undefined || row.state < OVER) return undefined;
    const { rule, rule_number: number, priority, origin, labels, envelope } = row;
    const inserted = this.insert({ id: as, rule, priority, data: data ?? row.data, from: origin, ...(labels === null ? {} : { labels: JSON.parse(labels) as Record<string, string> }), ...(envelope === null ? {} : { envelope }) }, STATE.queued, nowMs, { replayOf: id });
    this.#statements.replayedAs.run(as, row.seq);
    if (row.state === STATE.failed && row.replayed_as === null) this.#add(number, REPLAYED, 1);
    this.mark(row.seq, { atMs: nowMs, kind: "replayed", attempt: row.attempt, text: by });
    return inserted;
  }

  forget(seq: number, rule: number, state: StateNumber): void {
    const { replayed_as: replayedAs } = (this.#statements.forget.get(seq) as { readonly replayed_as: string | null } | undefined) ?? { replayed_as: null };
    if (state === STATE.failed && replayedAs !== null) this.#add(rule, REPLAYED, -1);
    this.#statements.forgetMarks.run(seq);
    this.#statements.forgetText.run(seq);
    this.#add(rule, state, -1);
  }

  seqOf(id: string): { readonly seq: number; readonly rule: number; readonly state: StateNumber; readonly lease: number } | undefined {
    return this.#statements.seqOf.get(id) as unknown as { seq: number; rule: number; state: StateNumber; lease: number } | undefined;
  }

  mark(seq: number, { atMs, kind, attempt, text }: JobMark): void {
    this.#statements.mark.run(seq, atMs, kind, attempt, text?.slice(0, MARK_CHARACTERS_MAX) ?? null, seq, MARKS_MAX);
  }

  /** A job of a broker, as this agent comes to know of it: mostly only when it has ended, and then it is one row, written once. */
  foreign(job: QueuedJob, state: StateNumber, nowMs: number, begun: { readonly worker: string; readonly startedMs: number } | undefined, outcome?: Outcome): void {
    const rule = this.rule(job.rule);
    const endedMs = OVER <= state ? nowMs : null;
    const { result = null, text = null } = outcome?.type === "succeeded" ? outcome : {};
    const error = outcome === undefined || !("error" in outcome) ? null : errorText(outcome.error);
    const { changes } = this.#statements.insertForeign.run(
      job.id, rule, state, job.priority, job.attempt, job.losses, job.createdMs, job.runAtMs ?? null, begun?.startedMs ?? null, endedMs,
      job.key ?? null, job.labels === undefined ? null : JSON.stringify(job.labels), job.from, begun?.worker ?? null, job.data, job.envelope ?? null, result, text, error,
    );
    if (Number(changes) === 1) return this.#add(rule, state, 1);
    const before = this.seqOf(job.id);
    if (before === undefined) return; // Its key is another's.
    if (OVER <= before.state && state < OVER) return; // What it was is known better.
    this.#statements.foreign.run(state, job.attempt, job.losses, begun?.worker ?? null, begun?.startedMs ?? null, endedMs, result, text, error, before.seq);
    if (before.state === state) return;
    this.#add(before.rule, before.state, -1);
    this.#add(before.rule, state, 1);
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
    const { result = null, text = null } = outcome.type === "succeeded" ? outcome : {};
    const error = outcome.type === "failed" ? errorText(outcome.error) : outcome.type === "cancelled" ? errorText({ kind: "CANCELLED", message: outcome.by }) : null;
    this.#statements.answered.run(state, nowMs, result, text, error, found.seq);
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

function errorText({ kind, message, stack }: JobError): string {
  return JSON.stringify({ kind, message: message.slice(0, 16_000), ...(stack === undefined ? {} : { stack: stack.slice(0, 16_000) }) });
}

function prepare(database: DatabaseSync) {
  const statement = (sql: string): StatementSync => database.prepare(sql);
  return {
    rules: statement("SELECT rule, name FROM dure_job_rules"),
    newRule: statement("INSERT INTO dure_job_rules (name) VALUES (?)"),
    tally: statement("SELECT rule, state, count FROM dure_job_tally"),
    addTally: statement("INSERT INTO dure_job_tally (rule, state, count) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count"),
    insert: statement("INSERT OR IGNORE INTO dure_jobs (id, rule, state, priority, attempt, losses, lease, is_foreign, created_ms, due_ms, started_ms, key, labels, origin, worker, data, envelope, replay_of) VALUES (?, ?, ?, ?, 1, 0, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
    idOf: statement("SELECT id FROM dure_jobs WHERE id = ?"),
    idOfKey: statement("SELECT id FROM dure_jobs WHERE key = ?"),
    first: statement(`SELECT seq, priority FROM dure_jobs WHERE ${OPEN} AND state = 1 AND rule = ? ORDER BY priority DESC, seq LIMIT ?`),
    claim: statement(`UPDATE dure_jobs SET state = 3, lease = lease + 1, worker = ?, started_ms = ?, error = NULL WHERE seq = ? RETURNING ${CLAIMED}`),
    rowOf: statement(`SELECT ${WHOLE_ROW} FROM ${FROM} WHERE j.id = ?`),
    end: statement("UPDATE dure_jobs SET state = ?, ended_ms = ?, result = ?, text = ?, error = ? WHERE seq = ? AND lease = ? AND state = 3"),
    putBack: statement("UPDATE dure_jobs SET state = ?, due_ms = ?, attempt = attempt + ?, losses = losses + ?, error = COALESCE(?, error) WHERE seq = ? AND lease = ? AND state = 3"),
    due: statement("UPDATE dure_jobs SET state = 1 WHERE seq IN (SELECT seq FROM dure_jobs WHERE state = 0 AND due_ms <= ? ORDER BY due_ms LIMIT ?) RETURNING seq, rule, priority"),
    moveRetries: statement("UPDATE dure_jobs SET due_ms = due_ms + ? WHERE state = 0 AND attempt > 1"),
    nextDue: statement("SELECT min(due_ms) AS due FROM dure_jobs WHERE state = 0"),
    leftOver: statement(`SELECT seq, rule, attempt, is_foreign FROM dure_jobs WHERE ${OPEN} AND state = 3`),
    lossesOf: statement("SELECT losses FROM dure_jobs WHERE id = ? AND state < 4"),
    takeBack: statement("UPDATE dure_jobs SET state = ?, attempt = attempt + ?, losses = losses + ? WHERE seq = ?"),
    waiting: statement("SELECT seq, rule, priority, state FROM dure_jobs WHERE id = ? AND state IN (0, 1)"),
    cancel: statement("UPDATE dure_jobs SET state = 6, ended_ms = ?, error = ? WHERE seq = ?"),
    replayedAs: statement("UPDATE dure_jobs SET replayed_as = ? WHERE seq = ?"),
    forget: statement("DELETE FROM dure_jobs WHERE seq = ? RETURNING replayed_as"),
    forgetMarks: statement("DELETE FROM dure_job_marks WHERE seq = ?"),
    forgetText: statement("DELETE FROM dure_job_text WHERE rowid = ?"),
    seqOf: statement("SELECT seq, rule, state, lease FROM dure_jobs WHERE id = ?"),
    mark: statement("INSERT INTO dure_job_marks (seq, at_ms, kind, attempt, text) SELECT ?, ?, ?, ?, ? WHERE (SELECT count(*) FROM dure_job_marks WHERE seq = ?) < ?"),
    insertForeign: statement("INSERT OR IGNORE INTO dure_jobs (id, rule, state, priority, attempt, losses, lease, is_foreign, created_ms, due_ms, started_ms, ended_ms, key, labels, origin, worker, data, envelope, result, text, error) VALUES (?, ?, ?, ?, ?, ?, 0, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
    answered: statement("UPDATE dure_jobs SET state = ?, ended_ms = ?, result = ?, text = ?, error = ? WHERE seq = ?"),
    foreign: statement("UPDATE dure_jobs SET state = ?, attempt = ?, losses = ?, worker = COALESCE(?, worker), started_ms = COALESCE(?, started_ms), ended_ms = ?, result = ?, text = ?, error = ? WHERE seq = ?"),
  };
}
