// Who holds what, for whoever wants to know, or to have it.
import type { StoreReader, StoreSession } from "#sdk/store.ts";
import { databaseClock, databaseNow } from "./database-clock.ts";
import type { DatabaseClock } from "./database-clock.ts";
import { isHeld } from "./lease.ts";

export interface HeldLease {
  readonly name: string;
  readonly holder: string;
  readonly token: number;
  readonly sinceMs: number;
  readonly expiresMs: number;
}

interface Row {
  readonly name: string;
  readonly holder: string;
  readonly token: number;
  readonly ttl_ms: number;
  readonly since_ms: number;
  readonly expires_ms: number;
}

/** Those that somebody holds now. */
export async function heldLeases(store: StoreReader, clock: DatabaseClock = databaseClock): Promise<readonly HeldLease[]> {
  return rowsOf(store, clock, "", []);
}

/** Undefined: nobody holds it now. */
export async function heldLease(store: StoreReader, name: string, clock: DatabaseClock = databaseClock): Promise<HeldLease | undefined> {
  return (await rowsOf(store, clock, "WHERE name = ?", [name]))[0];
}

async function rowsOf(store: StoreReader, clock: DatabaseClock, where: string, params: readonly string[]): Promise<readonly HeldLease[]> {
  const rows = await store.all<Row & { readonly now_ms: number }>(`SELECT name, holder, token, ttl_ms, since_ms, expires_ms, ${clock(store.dialect)} AS now_ms FROM dure_leases ${where} ORDER BY name`, params);
  return rows.filter((row) => isHeld(row, row.now_ms)).map(({ name, holder, token, since_ms: sinceMs, expires_ms: expiresMs }) => ({ name, holder, token, sinceMs, expiresMs }));
}

const UNUSED_MS = 30 * 86_400_000;

/** Those that nobody has wanted for a month: names change with what they are made of. */
export async function forgetOldLeases(store: StoreSession, clock: DatabaseClock = databaseClock): Promise<void> {
  const beforeMs = (await databaseNow(store, clock)) - UNUSED_MS;
  await store.run("DELETE FROM dure_leases WHERE since_ms < ? AND expires_ms < ?", [beforeMs, beforeMs]);
}
