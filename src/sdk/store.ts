// Where the control plane keeps what must outlive the agent: users, audit, events, revisions of the config. One contract, two backends
// (`plugins/stores/`), one conformance suite (`conformance/store.ts`).
//
// Plain SQL that both understand: with a query builder over them an agent took 20 MB more, of a promised 100. Where the two really
// differ (a full-text index, an upsert), the code that asks looks at `dialect`.
import { AppError } from "#base/errors.ts";
import type { Told } from "#base/errors.ts";

export type SqlValue = string | number | bigint | Uint8Array | null;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** Who only reads. */
export interface StoreReader {
  readonly dialect: "sqlite" | "mysql";
  /** The rows of a query; `?` stands for a parameter, and only for one: a text that holds one is given as a parameter. */
  all<Row = SqlRow>(sql: string, params?: readonly SqlValue[]): Promise<Row[]>;
}

export interface StoreSession extends StoreReader {
  /** Changes; `lastId` is the key that an insert of one row was given, and means nothing after any other statement. */
  run(sql: string, params?: readonly SqlValue[]): Promise<{ readonly changes: number; readonly lastId: number }>;
}

/** Whatever is asked of it rejects with StoreFailure when the store is at fault. */
export interface Store extends StoreSession {
  /**
   * All of it or nothing; what `work` throws undoes it and is thrown. No other transaction comes in between, not even of another agent that
   * shares the store. Within `work` only its session may be asked: the store itself would wait for the end of it.
   */
  transaction<T>(work: (session: StoreSession) => Promise<T>): Promise<T>;
  /** All that `work` reads is of one moment, while others go on writing. */
  snapshot<T>(work: (session: StoreReader) => Promise<T>): Promise<T>;
  /** A whole copy of everything in one file, made while others read and write; SQLite only. */
  backup?(file: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * `away`: cannot be reached, or not opened; `busy`: somebody else holds it too long; `full`: no space; `read-only`: may not be written;
 * `damaged`: what it gives makes no sense; `newer`: written by a newer version of the program; `refused`: wrong user, password, database;
 * `duplicate`: a row with this key is there already; `wrong`: a statement of ours that it does not understand.
 */
export type StoreFault = "away" | "busy" | "full" | "read-only" | "damaged" | "newer" | "refused" | "duplicate" | "wrong";

/** The store could not do what it was asked. */
export class StoreFailure extends AppError {
  override readonly name = "StoreFailure";
  readonly code = "STORE";
  readonly fault: StoreFault;
  constructor(fault: StoreFault, { message, ...told }: Told, cause?: unknown) {
    super(message, { ...told, cause });
    this.fault = fault;
  }
}

/** Statements that bring the tables from one version to the next. Never changed once released: what they did is recorded by their id. */
export interface Migration {
  /** `001-users`: in the order of their ids, within their part. */
  readonly id: string;
  /** Whatever runs half-way is run again from its first statement: `CREATE TABLE IF NOT EXISTS`. (MySQL commits each by itself.) */
  readonly sqlite: readonly string[];
  readonly mysql: readonly string[];
}

/** The migrations of one part of the house: `access`, `audit`. */
export interface MigrationSet {
  readonly part: string;
  readonly migrations: readonly Migration[];
}
