// Follows a chain of the audit from its first row, and says where it does not fit. The old end may have been cut off by its time: then the chain
// itself says so, and with which hash it went on.
import { jsonMap } from "#base/json.ts";
import type { StoreReader } from "#sdk/store.ts";
import { FIRST_HASH, hashAfter } from "./audit-entry.ts";
import type { AuditEntry } from "./audit-entry.ts";

export interface Chain {
  readonly agent: string;
  /** How many rows fit, from the first that is there on. */
  readonly rows: number;
  /** The hash of the last of them: whoever noted it elsewhere can compare. */
  readonly hash: string;
  /** The rows up to this number were cut off, for they were older than `store.audit_keep`. */
  readonly cut?: { readonly number: number; readonly hash: string; readonly atMs: number };
  /** The first row that does not fit: it is not there, it is not as it was written, it was put in, or the chain ends before it. */
  readonly problem?: { readonly number: number; readonly kind: Misfit };
}

export type Misfit = "missing" | "changed" | "added" | "cut off";

/** A row, and what it takes to go on behind it. */
export interface Link {
  readonly number: number;
  readonly hash: string;
}

/** Before the first row there ever was. */
export const BEGINNING: Link = { number: 0, hash: FIRST_HASH };
/** The command of the row that says what was cut. */
export const CUT = "audit.cut";
const PAGE_ROWS = 500;

interface VerifiedRow {
  readonly number: number;
  readonly at_ms: number;
  readonly who: string;
  readonly command: string;
  readonly subject: string;
  readonly outcome: string;
  readonly entry: string;
  readonly hash: string;
}

export async function agentsOf(store: StoreReader): Promise<string[]> {
  const rows = await store.all<{ agent: string }>("SELECT agent FROM dure_audit_heads UNION SELECT agent FROM dure_audit ORDER BY agent");
  return rows.map(({ agent }) => agent);
}

/** `store`: as it is at one moment. */
export async function verifyChain(store: StoreReader, agent: string, signal: AbortSignal): Promise<Chain> {
  const head = await headOf(store, agent);
  const cut = await lastCut(store, agent);
  const first = cut ?? BEGINNING;
  let hashAtHead = first.number === head.number ? first.hash : FIRST_HASH;
  const { last, misfit } = await follow(store, agent, first, { signal, onRow: ({ number, hash }) => (hashAtHead = number === head.number ? hash : hashAtHead) });
  const facts = { agent, rows: last.number - first.number, hash: last.hash, ...(cut === undefined ? {} : { cut }) };
  const fails = (number: number, kind: Misfit): Chain => ({ ...facts, problem: { number, kind } });
  if (misfit !== undefined) return fails(last.number + 1, misfit);
  if (last.number < head.number) return fails(last.number + 1, "cut off");
  if (hashAtHead !== head.hash) return fails(head.number, "changed");
  if (head.number < last.number) return fails(head.number + 1, "added");
  if (cut !== undefined && (await isAnyBefore(store, agent, cut.number))) return fails(cut.number, "added");
  return facts;
}

/** The rows behind `from`, as far as they fit, and what is wrong with the one behind them. */
export async function follow(store: StoreReader, agent: string, from: Link, { until = Infinity, signal, onRow = () => {} }: { readonly until?: number; readonly signal?: AbortSignal; readonly onRow?: (link: Link) => void }): Promise<{ readonly last: Link; readonly misfit?: "missing" | "changed" }> {
  let last = from;
  for (;;) {
    signal?.throwIfAborted();
    const page = await store.all<VerifiedRow>(`SELECT number, at_ms, who, command, subject, outcome, entry, hash FROM dure_audit WHERE agent = ? AND ? < number ORDER BY number LIMIT ${PAGE_ROWS}`, [agent, last.number]);
    for (const row of page) {
      const number = Number(row.number);
      if (until < number) return { last };
      if (number !== last.number + 1) return { last, misfit: "missing" };
      if (row.hash !== hashAfter(last.hash, row.entry) || !isSame(row, agent)) return { last, misfit: "changed" };
      last = { number, hash: row.hash };
      onRow(last);
    }
    if (page.length < PAGE_ROWS) return { last };
    await new Promise((resolve) => setImmediate(resolve)); // The embedded store answers at once: others would never have their turn.
  }
}

/** What the chain says of its old end; undefined: it is there from the first row on. */
export async function lastCut(store: StoreReader, agent: string): Promise<NonNullable<Chain["cut"]> | undefined> {
  const [first] = await store.all<{ number: number }>("SELECT number FROM dure_audit WHERE agent = ? ORDER BY number LIMIT 1", [agent]);
  if (first === undefined || Number(first.number) === 1) return undefined;
  const [row] = await store.all<{ at_ms: number; entry: string }>("SELECT at_ms, entry FROM dure_audit WHERE agent = ? AND command = ? ORDER BY number DESC LIMIT 1", [agent, CUT]);
  if (row === undefined) return undefined;
  const { params } = jsonMap(row.entry) as { params?: { lastNumber?: unknown; hash?: unknown } | null };
  const { lastNumber: number, hash } = params ?? {};
  return typeof number === "number" && typeof hash === "string" ? { number, hash, atMs: Number(row.at_ms) } : undefined;
}

async function isAnyBefore(store: StoreReader, agent: string, number: number): Promise<boolean> {
  return (await store.all("SELECT number FROM dure_audit WHERE agent = ? AND number <= ? LIMIT 1", [agent, number])).length > 0;
}

async function headOf(store: StoreReader, agent: string): Promise<{ number: number; hash: string }> {
  const [head] = await store.all<{ number: number; hash: string }>("SELECT number, hash FROM dure_audit_heads WHERE agent = ?", [agent]);
  return { number: Number(head?.number ?? 0), hash: head?.hash ?? FIRST_HASH };
}

/** Whether what is searched is what was hashed. */
function isSame(row: VerifiedRow, agent: string): boolean {
  const entry = jsonMap(row.entry) as Partial<AuditEntry>;
  return entry.number === Number(row.number) && entry.agent === agent && entry.atMs === Number(row.at_ms) && entry.who === row.who && entry.command === row.command && (entry.subject ?? "") === row.subject && entry.outcome === row.outcome;
}
