// Cuts rows off the old end of a chain when their time is over. That is a row of the chain itself: it says which rows went, and the hash of the last of
// them, with which those that stay go on. All of it is one transaction. What does not fit any more is not cut: it is there to be looked at.
//
// A clock that is wrong must not take years of the audit with it: one cut takes at most a month of rows, and the next comes an hour later.
import type { StoreSession } from "#sdk/store.ts";
import type { AuditFact } from "./audit-entry.ts";
import { BEGINNING, CUT, follow, lastCut } from "./verify-audit.ts";
import type { Misfit } from "./verify-audit.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A cut is worth its row when so much is to go. */
const LEAST_MS = DAY_MS;
export const CUT_EVERY_MS = HOUR_MS;
const SPAN_MS_MAX = 31 * DAY_MS;
const ROWS_MAX = 20_000;
const STEP_ROWS = 500;

export interface CutAudit {
  /** The row that says it: to be added in the same transaction. */
  readonly fact: AuditFact;
  readonly rows: number;
}

/** Within a transaction. undefined: there is nothing to cut yet. */
export async function cutAudit(session: StoreSession, agent: string, { keepMs, nowMs }: { readonly keepMs: number; readonly nowMs: number }): Promise<CutAudit | { readonly misfit: Misfit; readonly number: number } | undefined> {
  const [first] = await session.all<{ number: number; at_ms: number }>("SELECT number, at_ms FROM dure_audit WHERE agent = ? ORDER BY number LIMIT 1", [agent]);
  if (first === undefined) return undefined;
  const [firstNumber, firstMs] = [Number(first.number), Number(first.at_ms)];
  if (nowMs - keepMs < firstMs + LEAST_MS) return undefined;
  const before = await lastCut(session, agent);
  if (before !== undefined && before.atMs <= nowMs && nowMs < before.atMs + CUT_EVERY_MS) return undefined;
  if (before !== undefined && before.number + 1 < firstNumber) return { misfit: "missing", number: before.number + 1 };
  if (before !== undefined && firstNumber <= before.number) return { misfit: "added", number: firstNumber };
  const untilMs = Math.min(nowMs - keepMs, firstMs + SPAN_MS_MAX);
  // Up to the first that is to stay: by numbers, not by times, for a clock may have gone back.
  const reach = firstNumber + ROWS_MAX;
  const [stays] = await session.all<{ number: number }>("SELECT number FROM dure_audit WHERE agent = ? AND number < ? AND ? <= at_ms ORDER BY number LIMIT 1", [agent, reach, untilMs]);
  const [end] = stays === undefined ? await session.all<{ number: number }>("SELECT MAX(number) AS number FROM dure_audit WHERE agent = ? AND number < ?", [agent, reach]) : [{ number: Number(stays.number) - 1 }];
  const until = Number(end?.number ?? 0);
  const { last, misfit } = await follow(session, agent, before ?? BEGINNING, { until });
  if (misfit !== undefined) return { misfit, number: last.number + 1 };
  const [newest] = await session.all<{ at_ms: number }>("SELECT at_ms FROM dure_audit WHERE agent = ? AND number = ?", [agent, until]);
  for (let step = firstNumber; step <= until; step += STEP_ROWS) {
    await session.run("DELETE FROM dure_audit WHERE agent = ? AND number < ?", [agent, Math.min(step + STEP_ROWS, until + 1)]);
    await new Promise((resolve) => setImmediate(resolve)); // The embedded store answers at once: others would never have their turn.
  }
  const rows = until - firstNumber + 1;
  const params = { rows, firstNumber, lastNumber: until, hash: last.hash, fromMs: firstMs, toMs: Number(newest?.at_ms ?? firstMs), keepMs };
  return { rows, fact: { caller: { name: "agent", edge: "agent" }, command: CUT, params, outcome: "ok" } };
}
