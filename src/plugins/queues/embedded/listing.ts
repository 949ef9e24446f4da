// Lists and searches jobs while others are being run: it looks at a stretch of the table at a time and lets the queue have its turn between two. A search that would
// take too long says so, gives what it has found, and where to go on.
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { setImmediate as turn } from "node:timers/promises";
import type { JobPage, JobQuery, JobRecord, JobRow } from "#sdk/job-store.ts";
import type { JobsTable } from "./jobs-table.ts";
import { FROM, ROW, WHOLE_ROW, jobRecord, jobRow } from "./rows.ts";
import type { MarkRow, Row, WholeRow } from "./rows.ts";
import { OPEN, RARE, STATE } from "./tables.ts";
import type { TextIndex } from "./text-index.ts";

const STRETCH = 5000;
/** Rows that a search looks at by itself, where the index does not help. */
const LOOKED_AT_MAX = 300_000;
/** Nor does it go on for longer, once it has looked at so many: who waits at a screen would rather have the newest. */
const SEARCH_MS_MAX = 1500;
const LOOKED_AT_LEAST = 20_000;
/** So many of a word's trigrams are asked for: what they leave is looked at anyway. */
const TRIGRAMS_MAX = 12;
/** States that an index has by themselves. */
const RARE_STATES: ReadonlySet<number> = new Set([STATE.delayed, STATE.sent, STATE.failed, STATE.cancelled]);
/** Of those that wait or run: as many are sorted at once. */
const SORTED_MAX = 5000;

interface Wanted {
  readonly sql: readonly string[];
  readonly params: readonly SQLInputValue[];
  readonly words: readonly string[];
  /** Both included. */
  readonly from: number;
  readonly to: number;
  readonly isNewestFirst: boolean;
  readonly states: readonly number[] | undefined;
  readonly rule: number | undefined;
  readonly limit: number;
}

/** Some of the rows that may fit, in their order; of those beyond `to` nothing is known yet. */
interface Stretch {
  readonly rows: readonly Row[];
  readonly to: number;
}

export class Listing {
  readonly #database: DatabaseSync;
  readonly #table: JobsTable;
  readonly #texts: TextIndex;
  readonly #show: StatementSync;
  readonly #marks: StatementSync;
  readonly #lookedAtMax: number;

  constructor({ database, table, texts, lookedAtMax = LOOKED_AT_MAX }: { readonly database: DatabaseSync; readonly table: JobsTable; readonly texts: TextIndex; readonly lookedAtMax?: number | undefined }) {
    this.#database = database;
    this.#table = table;
    this.#texts = texts;
    this.#lookedAtMax = lookedAtMax;
    this.#show = database.prepare(`SELECT ${WHOLE_ROW} FROM ${FROM} WHERE j.id = ?`);
    this.#marks = database.prepare("SELECT at_ms, kind, attempt, text FROM dure_job_marks WHERE seq = ? ORDER BY mark");
  }

  show(id: string): JobRecord | undefined {
    const row = this.#show.get(id) as unknown as WholeRow | undefined;
    return row === undefined ? undefined : jobRecord(row, this.#marks.all(row.seq) as unknown as MarkRow[]);
  }

  async list(query: JobQuery): Promise<JobPage> {
    const wanted = this.#wanted(query);
    if (wanted === undefined) return { jobs: [] };
    const found: Row[] = [];
    let lookedAt = 0;
    let goOnAfter: number | undefined;
    const beginMs = performance.now();
    for (const { rows, to } of this.#stretches(wanted)) {
      for (const row of rows) if (found.length <= wanted.limit && hasWords(row, wanted.words)) found.push(row);
      if (wanted.limit < found.length) break;
      lookedAt += Math.max(rows.length, wanted.words.length === 0 ? 0 : STRETCH / 10);
      const isLong = 0 < wanted.words.length && LOOKED_AT_LEAST < lookedAt && SEARCH_MS_MAX < performance.now() - beginMs;
      if (isLong || this.#lookedAtMax < lookedAt) {
        goOnAfter = to;
        break;
      }
      await turn();
    }
    const jobs: JobRow[] = found.slice(0, wanted.limit).map(jobRow);
    const next = wanted.limit < found.length ? found[wanted.limit - 1]?.seq : goOnAfter;
    return { jobs, ...(next === undefined ? {} : { next: String(next) }), ...(goOnAfter === undefined ? {} : { isPartial: true }) };
  }

  /** Undefined: nothing can fit. */
  #wanted({ states, rule, isOfHouse, text, labels, fromMs, toMs, after, limit, order = "newest" }: JobQuery): Wanted | undefined {
    const sql: string[] = [];
    const params: SQLInputValue[] = [];
    const where = (condition: string, ...values: SQLInputValue[]): void => void (sql.push(condition), params.push(...values));
    const numbers = states === undefined || states.length === 0 ? undefined : states.map((state) => STATE[state]);
    if (numbers !== undefined) where(`j.state IN (${numbers.join(", ")})`);
    const ruleNumber = rule === undefined ? undefined : this.#table.knownRule(rule);
    if (rule !== undefined && ruleNumber === undefined) return undefined;
    if (ruleNumber !== undefined) where("j.rule = ?", ruleNumber);
    if (isOfHouse !== undefined) where(`j.rule ${isOfHouse ? "" : "NOT "}IN (${this.#table.houseRules().join(", ")})`);
    for (const [name, value] of Object.entries(labels ?? {})) where("json_extract(j.labels, ?) = ?", `$.${JSON.stringify(name)}`, value);
    if (fromMs !== undefined) where("j.created_ms >= ?", fromMs);
    if (toMs !== undefined) where("j.created_ms < ?", toMs);
    const ends = this.#database.prepare("SELECT COALESCE((SELECT seq FROM dure_jobs ORDER BY seq LIMIT 1), 0) AS first, COALESCE((SELECT seq FROM dure_jobs ORDER BY seq DESC LIMIT 1), -1) AS last").get() as { first: number; last: number };
    const isNewestFirst = order === "newest";
    const cursor = after === undefined || !/^\d{1,15}$/.test(after) ? undefined : Number(after);
    // Jobs are in the order of their times, but for a clock that was set.
    const from = Math.max(fromMs === undefined ? ends.first : this.#seqAt(fromMs, ends), !isNewestFirst && cursor !== undefined ? cursor + 1 : ends.first);
    const to = Math.min(toMs === undefined ? ends.last : this.#seqAt(toMs, ends), isNewestFirst && cursor !== undefined ? cursor - 1 : ends.last);
    const words = (text ?? "").normalize("NFC").toLowerCase().split(/\s+/).filter((word) => word !== "");
    return { sql, params, words, from, to, isNewestFirst, states: numbers, rule: ruleNumber, limit };
  }

  *#stretches(wanted: Wanted): Iterable<Stretch> {
    const { words, states, from, to, isNewestFirst } = wanted;
    if (to < from) return;
    const trigrams = trigramsOf(words);
    if (trigrams !== "") {
      const indexedTo = this.#texts.indexedTo;
      const fresh = { ...wanted, from: Math.max(from, indexedTo + 1) };
      const indexed = { ...wanted, to: Math.min(to, indexedTo) };
      if (isNewestFirst) yield* this.#through(fresh);
      yield* this.#matching(indexed, trigrams);
      // Those that changed since they were put in are found by what they were; what they came to is looked at here.
      if (!isNewestFirst) yield* this.#through(fresh);
      return;
    }
    if (states !== undefined && states.every((state) => RARE_STATES.has(state))) return yield* this.#rare(wanted, states);
    const open = states?.every((state) => state === STATE.queued || state === STATE.running) === true ? states.reduce<number>((sum, state) => sum + this.#table.count(state as 1 | 3), 0) : undefined;
    if (open !== undefined && open <= SORTED_MAX) return yield { rows: this.#select({ ...wanted, sql: [...wanted.sql, OPEN] }, "INDEXED BY dure_job_open", SORTED_MAX), to: isNewestFirst ? from : to };
    yield* this.#through(wanted);
  }

  /** By the index of words. */
  *#matching(wanted: Wanted, trigrams: string): Iterable<Stretch> {
    const { isNewestFirst, sql, params } = wanted;
    let { from, to } = wanted;
    const statement = this.#database.prepare(`SELECT ${WHOLE_ROW} FROM dure_job_text t CROSS JOIN dure_jobs j ON j.seq = t.rowid JOIN dure_job_rules r ON r.rule = j.rule WHERE t.dure_job_text MATCH ? AND t.rowid BETWEEN ? AND ? ${sql.map((each) => `AND ${each}`).join(" ")} ORDER BY t.rowid ${isNewestFirst ? "DESC" : ""} LIMIT ?`);
    while (from <= to) {
      const rows = statement.all(trigrams, from, to, ...params, STRETCH / 10) as unknown as WholeRow[];
      const last = rows.at(-1);
      yield { rows, to: last?.seq ?? (isNewestFirst ? from : to) };
      if (last === undefined || rows.length < STRETCH / 10) return;
      if (isNewestFirst) to = last.seq - 1;
      else from = last.seq + 1;
    }
  }

  /** Of each state by itself, put together in their order. */
  *#rare(wanted: Wanted, states: readonly number[]): Iterable<Stretch> {
    const limit = wanted.limit + 1;
    let { from, to } = wanted;
    for (;;) {
      const rows = states.flatMap((state) => this.#select({ ...wanted, from, to, sql: [...wanted.sql, RARE, `j.state = ${state}`] }, "INDEXED BY dure_job_rare", limit));
      rows.sort((one, other) => (wanted.isNewestFirst ? other.seq - one.seq : one.seq - other.seq));
      const some = rows.slice(0, limit);
      const last = some.at(-1);
      yield { rows: some, to: last?.seq ?? (wanted.isNewestFirst ? from : to) };
      if (last === undefined || some.length < limit) return;
      if (wanted.isNewestFirst) to = last.seq - 1;
      else from = last.seq + 1;
    }
  }

  /** One stretch of the table after the other. */
  *#through(wanted: Wanted): Iterable<Stretch> {
    const { isNewestFirst } = wanted;
    let { from, to } = wanted;
    while (from <= to) {
      const stretch = isNewestFirst ? { from: Math.max(from, to - STRETCH + 1), to } : { from, to: Math.min(to, from + STRETCH - 1) };
      yield { rows: this.#select({ ...wanted, ...stretch }, "NOT INDEXED", STRETCH), to: isNewestFirst ? stretch.from : stretch.to };
      if (isNewestFirst) to = stretch.from - 1;
      else from = stretch.to + 1;
    }
  }

  /** `by`: which index. The planner would rather go through the table by its rules. */
  #select({ sql, params, from, to, words, isNewestFirst }: Wanted, by: string, limit: number): readonly Row[] {
    const text = `SELECT ${words.length === 0 ? ROW : WHOLE_ROW} FROM dure_jobs j ${by} CROSS JOIN dure_job_rules r ON r.rule = j.rule WHERE ${["j.seq BETWEEN ? AND ?", ...sql].join(" AND ")} ORDER BY j.seq ${isNewestFirst ? "DESC" : ""} LIMIT ?`;
    return this.#database.prepare(text).all(from, to, ...params, limit) as unknown as Row[];
  }

  /** The first job of this moment or later. */
  #seqAt(ms: number, { first, last }: { readonly first: number; readonly last: number }): number {
    const at = this.#database.prepare("SELECT seq, created_ms FROM dure_jobs WHERE seq >= ? ORDER BY seq LIMIT 1");
    let [low, high] = [first, last + 1];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const row = at.get(middle) as { seq: number; created_ms: number } | undefined;
      if (row === undefined || ms <= row.created_ms) high = middle;
      else low = row.seq + 1;
    }
    return low;
  }
}

function hasWords(row: Row, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const { id, rule, data, result, error, key, labels } = row as WholeRow;
  const text = [id, rule, data, result, error, key, labels].filter((each) => each !== null).join("\n").normalize("NFC").toLowerCase();
  return words.every((word) => text.includes(word));
}

/** "": no word is long enough for the index. */
function trigramsOf(words: readonly string[]): string {
  const trigrams = new Set<string>();
  for (const word of words) {
    const letters = [...word];
    for (let at = 0; at + 3 <= letters.length && trigrams.size < TRIGRAMS_MAX; at += 1) trigrams.add(`"${letters.slice(at, at + 3).join("").replaceAll('"', '""')}"`);
  }
  return [...trigrams].join(" AND ");
}
