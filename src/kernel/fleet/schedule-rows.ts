// How far each schedule has come, for all agents that share the store. Written under the lease of whoever looks after them.
import { sha256 } from "#base/sha256.ts";
import type { StoreSession } from "#sdk/store.ts";

/** One that nobody has for five years is forgotten: from one 29 February to the next it is four, mostly. */
const UNSEEN_MS = 5 * 366 * 86_400_000;

/** A schedule is what it is called and what it says: agents that say something else under the same name have another one. */
export function scheduleId(scope: string, name: string, says: string): string {
  return sha256(`${scope}\n${name}\n${says}`).toString("base64url");
}

/** Until when the minutes of each are done; one that is new begins now. */
export async function schedulesDone(session: StoreSession, schedules: readonly { readonly id: string; readonly name: string }[], nowMs: number): Promise<ReadonlyMap<string, number>> {
  const done = new Map<string, number>();
  for (const { id, name } of schedules) {
    const [row] = await session.all<{ done_ms: number }>("SELECT done_ms FROM dure_job_schedules WHERE id = ?", [id]);
    if (row === undefined) await session.run("INSERT INTO dure_job_schedules (id, name, done_ms, seen_ms) VALUES (?, ?, ?, ?)", [id, name.slice(0, 191), nowMs, nowMs]);
    else await session.run("UPDATE dure_job_schedules SET seen_ms = ? WHERE id = ?", [nowMs, id]);
    done.set(id, row?.done_ms ?? nowMs);
  }
  await session.run("DELETE FROM dure_job_schedules WHERE seen_ms < ?", [nowMs - UNSEEN_MS]);
  return done;
}

export async function scheduleDone(session: StoreSession, id: string, doneMs: number, nowMs: number): Promise<void> {
  await session.run("UPDATE dure_job_schedules SET done_ms = ?, seen_ms = ? WHERE id = ?", [doneMs, nowMs, id]);
}
