// Writes batches, one transaction each, over a connection that is opened again after it broke; waiting between is the pipeline's.
import { backoffMs } from "#base/backoff.ts";
import { PermanentError } from "#base/errors.ts";
import type { Batch } from "#dataplane/batch.ts";
import { batchOfRecords } from "#dataplane/records.ts";
import { isAnswer, rowsOf } from "#sdk/mysql-connection.ts";
import type { PluginContext, Refused, Written } from "#sdk/plugin.ts";
import type { MysqlOptions } from "../mysql.ts";
import { zoneOffsets } from "../parts/time-style.ts";
import { insertRows } from "./insert.ts";
import type { Refusal } from "./insert.ts";
import { PreparedTransactions } from "./prepared.ts";
import { rowMaker } from "./rows.ts";
import type { Rows } from "./rows.ts";
import { openSession } from "./session.ts";
import type { Session } from "./session.ts";
import { describeTable } from "./table.ts";
import type { Table } from "./table.ts";

const TAG = "${tag}";
const SAFE_TAG = /^[A-Za-z0-9_-]+$/;
const TABLE_NAME_MAX = 64;
/** Tables whose columns are remembered; with ${tag} there may be many. */
const TABLES_MAX = 256;

export class MysqlWriter {
  readonly #given: MysqlOptions;
  readonly #context: PluginContext;
  readonly #rowsOf: (batch: Batch, table: Table) => Rows;
  readonly #tables = new Map<string, Table>();
  readonly #closing = new AbortController();
  #free: Session | undefined;
  #hasConnected = false;
  #prepared: PreparedTransactions | undefined;
  /** Something prepared may be left that no open connection knows of. */
  #mayHaveOrphans = true;
  #search: Promise<void> | undefined;

  constructor(given: MysqlOptions, context: PluginContext) {
    this.#given = given;
    this.#context = context;
    this.#rowsOf = rowMaker(given, zoneOffsets(given.time_zone));
  }

  /** Connects and looks at the table. When that fails, what it began goes on by itself. */
  async begin(): Promise<void> {
    const { signal } = this.#closing;
    if (this.#given.exactly_once) this.#prepared = await PreparedTransactions.open(this.#context);
    try {
      this.#free = await this.#session(signal);
      if (!this.#given.table.includes(TAG)) await this.#tableOf(this.#free, this.#given.table, signal);
    } finally {
      this.#searchOrphans();
    }
  }

  async write(batch: Batch, signal: AbortSignal): Promise<Written> {
    const name = tableName(this.#given.table, batch.tag);
    const session = await this.#session(signal);
    let refused: readonly Refused[] = [];
    try {
      const rows = this.#rowsOf(batch, await this.#tableOf(session, name, signal));
      const transaction = this.#prepared?.begin();
      try {
        await rowsOf(session.connection, transaction === undefined ? "START TRANSACTION" : `XA START '${transaction}'`, [], signal);
        refused = letters(batch, await insertRows(session, rows, signal)); // While there still is a way back: memory may be full.
        const isEmpty = refused.reduce((sum, each) => sum + each.batch.count, 0) === rows.rows.length;
        const commit = transaction === undefined ? await this.#commit(session, signal) : await this.#prepare(session, transaction, isEmpty, signal);
        const bytes = rows.rows.reduce((sum, row) => sum + row.bytes, 0);
        return { bytes, ...(commit === undefined ? {} : { commit }), ...(refused.length === 0 ? {} : { refused }) };
      } catch (error) {
        if (transaction !== undefined) this.#prepared?.giveUp(transaction);
        throw error;
      }
    } catch (error) {
      for (const each of refused) each.batch.release();
      session.connection.destroy(); // The server rolls back what was begun.
      this.#mayHaveOrphans = true;
      if (isAnswer(error)) this.#tables.delete(name); // It may have been altered.
      throw error;
    }
  }

  async committed(): Promise<void> {
    if (this.#prepared === undefined) return;
    const { free, isWhole } = await this.#prepared.commitConfirmed(this.#closing.signal);
    for (const session of free) this.#giveBack(session);
    if (!isWhole || this.#mayHaveOrphans) this.#searchOrphans();
  }

  async healthy(signal: AbortSignal): Promise<boolean> {
    try {
      const session = await this.#session(signal);
      await rowsOf(session.connection, "SELECT 1", [], signal).catch((error: unknown) => {
        session.connection.destroy();
        throw error;
      });
      this.#giveBack(session);
      return true;
    } catch {
      return false; // Why, the next write says.
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#search;
    this.#prepared?.detach();
    const free = this.#free;
    this.#free = undefined;
    await free?.connection.end().catch(() => free.connection.destroy());
  }

  async #commit(session: Session, signal: AbortSignal): Promise<undefined> {
    await rowsOf(session.connection, "COMMIT", [], signal);
    this.#giveBack(session);
  }

  async #prepare(session: Session, name: string, isEmpty: boolean, signal: AbortSignal): Promise<Written["commit"]> {
    const { connection } = session;
    await rowsOf(connection, `XA END '${name}'`, [], signal);
    await rowsOf(connection, `XA ${isEmpty ? "ROLLBACK" : "PREPARE"} '${name}'`, [], signal);
    if (!isEmpty) return this.#prepared?.prepared(name, session);
    this.#prepared?.giveUp(name);
    this.#giveBack(session);
    return undefined;
  }

  async #session(signal: AbortSignal): Promise<Session> {
    const free = this.#free;
    this.#free = undefined;
    if (free !== undefined) return free;
    const session = await openSession(this.#given, this.#context.configDir, AbortSignal.any([signal, this.#closing.signal]));
    if (this.#hasConnected && this.#prepared === undefined) this.#context.count("reconnects_total");
    this.#hasConnected = true;
    return session;
  }

  #giveBack(session: Session): void {
    if (this.#free === undefined && !this.#closing.signal.aborted) this.#free = session;
    else session.connection.destroy();
  }

  async #tableOf(session: Session, name: string, signal: AbortSignal): Promise<Table> {
    const known = this.#tables.get(name);
    if (known !== undefined) return known;
    const table = await describeTable(session.connection, this.#given, name, signal);
    if (!table.isTransactional) this.#context.log.warn("the table's engine has no transactions: a batch that fails half-way is written twice in part", { table: `${this.#given.db}.${name}` });
    if (TABLES_MAX <= this.#tables.size) this.#tables.clear();
    this.#tables.set(name, table);
    return table;
  }

  /** Until all that earlier connections left prepared is committed or rolled back, whether batches come or not. */
  #searchOrphans(): void {
    const prepared = this.#prepared;
    if (prepared === undefined) return;
    this.#mayHaveOrphans = false;
    this.#search ??= this.#untilSettled(prepared).finally(() => (this.#search = undefined));
  }

  async #untilSettled(prepared: PreparedTransactions): Promise<void> {
    const { signal } = this.#closing;
    const { clock, log } = this.#context;
    for (let failures = 0; !signal.aborted; ) {
      let session: Session | undefined;
      try {
        session = await openSession(this.#given, this.#context.configDir, signal);
        if (await prepared.settleOrphans(session, signal)) return;
        failures = 1;
      } catch (error) {
        failures += 1;
        if (failures === 1 && !signal.aborted) log.warn("prepared transactions cannot be looked for yet; trying until they can", { error });
      } finally {
        session?.connection.destroy();
      }
      await clock.pause(backoffMs(Math.max(1, failures)), signal);
    }
  }
}

/** Throws PermanentError for a tag that makes no safe name. */
function tableName(pattern: string, tag: string): string {
  if (!pattern.includes(TAG)) return pattern;
  const name = pattern.replaceAll(TAG, tag);
  if (!SAFE_TAG.test(tag) || TABLE_NAME_MAX < name.length) throw new PermanentError(`the tag ${JSON.stringify(tag.slice(0, 100))} makes no name of a table`);
  return name;
}

/** The refused records, together when they are refused for the same reason. */
function letters(batch: Batch, refused: readonly Refusal[]): Refused[] {
  const byReason = Map.groupBy(refused, ({ error }) => ("code" in error ? String(error.code) : error.message));
  const made: Refused[] = [];
  try {
    for (const alike of byReason.values()) {
      const records = alike.map(({ place }) => batch.record(place));
      made.push({ batch: batchOfRecords(batch.pool, records, batch.facts, (index) => batch.timeMs(alike[index]?.place ?? 0)), reason: alike[0]?.error ?? new Error("refused") });
    }
    return made;
  } catch (error) {
    for (const each of made) each.batch.release();
    throw error;
  }
}
