// Goes through rows that no index finds, so that nobody else notices: some thousand at a time, with a turn for others between them (the embedded store
// answers on the main thread), as long as the one who asked is there, and not for ever.
import type { SqlValue, StoreReader } from "#sdk/store.ts";
import { CommandFailure, nobodyWaits } from "../commands/failure.ts";

/** Of rows that are looked at; a few milliseconds. */
const WINDOW_ROWS = 2000;
const SCAN_MS_MAX = 20_000;

export interface Conditions {
  readonly sql: readonly string[];
  readonly params: readonly SqlValue[];
}

export interface ScanRequest {
  /** `SELECT l.id, l.text`; the table is `l` and has an `id`. */
  readonly select: string;
  /** `dure_log_lines l` */
  readonly from: string;
  /** What an index, or the order of ids, knows. */
  readonly known: Conditions;
  /** What has to be looked at. */
  readonly looked: Conditions;
  readonly direction: "ASC" | "DESC";
  readonly limit: number;
}

export interface ScanLimits {
  /** The caller has gone. */
  readonly signal?: AbortSignal | undefined;
  readonly now?: () => number;
}

/** The first rows, in the order of their ids. Rejects with CommandFailure when it takes too long, or nobody waits any more. */
export async function scan<Row>(store: StoreReader, { select, from, known, looked, direction, limit }: ScanRequest, { signal, now = Date.now }: ScanLimits = {}): Promise<Row[]> {
  const untilMs = now() + SCAN_MS_MAX;
  const isDown = direction === "DESC";
  const rows: Row[] = [];
  let edge: number | undefined;
  for (let looks = 0; ; looks += 1) {
    if (signal?.aborted === true) throw nobodyWaits();
    if (untilMs < now()) throw tooLong(looks * WINDOW_ROWS);
    const behind: Conditions = edge === undefined ? { sql: [], params: [] } : { sql: [`l.id ${isDown ? "<" : ">"} ?`], params: [edge] };
    const [last] = await store.all<{ id: number }>(`SELECT l.id AS id FROM ${from}${where(known, behind)} ORDER BY l.id ${direction} LIMIT 1 OFFSET ${WINDOW_ROWS - 1}`, [...known.params, ...behind.params]);
    const within: Conditions = last === undefined ? { sql: [], params: [] } : { sql: [`l.id ${isDown ? ">=" : "<="} ?`], params: [Number(last.id)] };
    const all = [known, behind, within, looked];
    rows.push(...(await store.all<Row>(`${select} FROM ${from}${where(...all)} ORDER BY l.id ${direction} LIMIT ?`, [...all.flatMap(({ params }) => params), limit - rows.length])));
    if (last === undefined || limit <= rows.length) return rows;
    edge = Number(last.id);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function where(...conditions: readonly Conditions[]): string {
  const all = conditions.flatMap(({ sql }) => sql);
  return all.length === 0 ? "" : ` WHERE ${all.join(" AND ")}`;
}

function tooLong(rows: number): CommandFailure {
  return new CommandFailure("UNAVAILABLE", {
    message: `the search took too long: it has looked at ${rows} rows in ${SCAN_MS_MAX / 1000} s`,
    hint: "Give it a shorter time, a pipeline or a level, or begin behind a row with `before`.",
    ko: { message: `검색이 너무 오래 걸려 멈췄습니다: ${SCAN_MS_MAX / 1000}초 동안 ${rows}줄을 살펴봤습니다`, hint: "기간을 줄이거나 파이프라인, 수준을 정하세요. `before`로 특정 줄부터 찾을 수도 있습니다." },
  });
}
