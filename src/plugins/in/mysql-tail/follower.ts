import type { Connection } from "mysql2/promise";
import type { Clock } from "#base/clock.ts";
import type { JsonValue } from "#base/json.ts";
import type { Table } from "./table.ts";

/** Knows how far a table was read. */
export interface Follower {
  /** Goes to the table's end as it is now; gives that position. */
  start(connection: Connection, signal: AbortSignal): Promise<JsonValue>;
  /** The next rows, at most `limit`; moves on over them. */
  next(connection: Connection, limit: number, signal: AbortSignal): Promise<Page>;
}

export interface Page {
  readonly records: readonly Record<string, unknown>[];
  readonly position: JsonValue;
  /** There was no more to read. */
  readonly isAtEnd: boolean;
}

export interface FollowerParts {
  readonly table: Table;
  readonly rescanMs: number;
  readonly lagMs: number;
  readonly pollMs: number;
  readonly clock: Clock;
  readonly count: (metric: string, by?: number) => void;
}
