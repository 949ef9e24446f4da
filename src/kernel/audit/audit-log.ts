// Who did what: rows that are only ever added, each bound to the one before by its hash, so that what is changed, taken out or put in
// later shows. Agents that share a MySQL have a chain each. A row is committed before the one who asked is answered.
import { jsonMap } from "#base/json.ts";
import type { Log } from "#sdk/plugin.ts";
import type { Store, StoreSession } from "#sdk/store.ts";
import { scan } from "../store/scan.ts";
import type { Conditions } from "../store/scan.ts";
import { CUT_EVERY_MS, cutAudit } from "./cut-audit.ts";
import { entryOf, FIRST_HASH, hashAfter, keptFact } from "./audit-entry.ts";
import type { AuditEntry, AuditFact } from "./audit-entry.ts";
import { RepeatedRefusals, leftCounts } from "./repeated-refusals.ts";
import { agentsOf, verifyChain } from "./verify-audit.ts";
import type { Chain } from "./verify-audit.ts";

export interface AuditRow extends AuditEntry {
  readonly id: number;
  readonly hash: string;
}

export interface AuditFilter {
  readonly who?: string | undefined;
  /** `users.create`, or `users.*`. */
  readonly command?: string | undefined;
  /** `ok`, `failed` (all that is not ok), or a code. */
  readonly outcome?: string | undefined;
  readonly subject?: string | undefined;
  readonly agent?: string | undefined;
  /** Anywhere in the entry. */
  readonly text?: string | undefined;
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
  /** Rows with ids below, or above. */
  readonly before?: number | undefined;
  readonly after?: number | undefined;
}

export interface AuditLogParts {
  store(): Promise<Store>;
  /** Which agent's chain this is. */
  agent(): Promise<string>;
  readonly now?: () => number;
  /** Rows that are older are cut off; without it, none. */
  readonly keepMs?: number | undefined;
  readonly log?: Log;
}

/** Counts that are due are written soon after. */
const LOOK_MS = 15_000;

export class AuditLog {
  readonly #store: () => Promise<Store>;
  readonly #agent: () => Promise<string>;
  readonly #now: () => number;
  /** What a run before had begun and not ended stands in the chain. */
  #telling: Promise<void> | undefined;
  readonly #refusals: RepeatedRefusals;
  readonly #keepMs: number | undefined;
  readonly #log: Log | undefined;
  #looking: NodeJS.Timeout | undefined;
  #cutMs = -Infinity;

  constructor({ store, agent, now = Date.now, keepMs, log }: AuditLogParts) {
    this.#store = () => store();
    this.#agent = () => agent();
    this.#now = now;
    this.#refusals = new RepeatedRefusals(now);
    this.#keepMs = keepMs;
    this.#log = log;
  }

  /**
   * Before a change: what is about to be done. Rejects when nothing can be written now, so that nothing is done that nobody hears of; what is
   * killed between here and `append` is added with the outcome `unknown` when the agent runs again.
   */
  async begin(fact: Omit<AuditFact, "outcome">): Promise<number> {
    const agent = await this.#agent();
    const store = await this.#store();
    await this.#told(store, agent);
    return (await store.run("INSERT INTO dure_audit_begun (agent, at_ms, fact) VALUES (?, ?, ?)", [agent, this.#now(), JSON.stringify(fact)])).lastId;
  }

  /** Resolves when the row is committed; of what was refused again, when it is counted. `begun`: what `begin` gave. */
  async append(fact: AuditFact, begun?: number): Promise<void> {
    const agent = await this.#agent();
    const store = await this.#store();
    await this.#told(store, agent);
    await this.#writeDue(store, agent);
    const isRefused = fact.outcome !== "ok" && fact.outcome !== "unknown";
    const kind = isRefused ? this.#refusals.take(fact) : "row";
    if (kind !== "row") this.#look();
    if (kind === "counted" && begun === undefined) return;
    let unnote = (): void => {};
    try {
      await store.transaction(async (session) => {
        if (begun !== undefined) await session.run("DELETE FROM dure_audit_begun WHERE id = ?", [begun]);
        if (kind === "row") await addRow(session, fact, agent, this.#now());
        if (kind === "note") unnote = await this.#refusals.note(session, agent);
      });
    } catch (error) {
      unnote();
      if (isRefused && kind === "row") this.#refusals.missed(fact);
      throw error;
    }
    await this.#cut(store, agent);
  }

  /** Writes what is still counted. */
  async close(): Promise<void> {
    clearTimeout(this.#looking);
    if (this.#refusals.isCounting) await this.#writeDue(await this.#store(), await this.#agent(), true);
  }

  /** Cuts what is older than it is kept. Resolves with how many rows that were. */
  async cut(): Promise<number> {
    this.#cutMs = -Infinity;
    const agent = await this.#agent();
    const store = await this.#store();
    await this.#told(store, agent);
    return this.#cut(store, agent);
  }

  /** The newest first; the oldest first where `after` is given. */
  async list(filter: AuditFilter, limit: number, signal?: AbortSignal): Promise<AuditRow[]> {
    return (await this.#rows(filter, limit, signal)).map(rowOf);
  }

  /** The same, each with the text that was hashed. */
  async entries(filter: AuditFilter, limit: number, signal?: AbortSignal): Promise<{ readonly row: AuditRow; readonly entry: string }[]> {
    return (await this.#rows(filter, limit, signal)).map((stored) => ({ row: rowOf(stored), entry: stored.entry }));
  }

  async #rows(filter: AuditFilter, limit: number, signal: AbortSignal | undefined): Promise<StoredRow[]> {
    const store = await this.#store();
    const agent = await this.#agent();
    await this.#told(store, agent).then(() => this.#writeDue(store, agent)).catch(() => {}); // Where nothing can be written, what is there can be read.
    const { known, looked } = conditionsOf(filter);
    const direction = filter.after === undefined ? "DESC" : "ASC";
    const select = "SELECT l.id, l.number, l.agent, l.at_ms, l.who, l.command, l.subject, l.outcome, l.hash, l.entry";
    return scan<StoredRow>(store, { select, from: "dure_audit l", known, looked, direction, limit: Math.trunc(limit) }, { signal });
  }

  /** The chain of each agent that ever wrote here, or of one. */
  async verify(signal: AbortSignal, agent?: string): Promise<Chain[]> {
    const store = await this.#store();
    return store.snapshot(async (moment) => {
      const chains: Chain[] = [];
      for (const each of agent === undefined ? await agentsOf(moment) : [agent]) chains.push(await verifyChain(moment, each, signal));
      return chains;
    });
  }

  async #writeDue(store: Store, agent: string, isAll = false): Promise<void> {
    const due = this.#refusals.due(isAll);
    if (due.length === 0) return;
    try {
      await store.transaction(async (session) => {
        for (const { fact, counted } of due) {
          if (counted.note.id !== 0) await session.run("DELETE FROM dure_audit_repeated WHERE id = ?", [counted.note.id]);
          await addRow(session, fact, agent, this.#now());
        }
      });
    } catch (error) {
      this.#refusals.putBack(due);
      throw error;
    }
  }

  /** Also when nobody asks any more. */
  #look(): void {
    this.#looking ??= setTimeout(() => {
      this.#looking = undefined;
      void (async () => this.#writeDue(await this.#store(), await this.#agent()))()
        .catch(() => {}) // The store is away: it is looked again.
        .finally(() => this.#refusals.isCounting && this.#look());
    }, LOOK_MS).unref();
  }

  /** A row that cannot be cut off now is no reason to refuse anybody anything. */
  async #cut(store: Store, agent: string): Promise<number> {
    const keepMs = this.#keepMs;
    const nowMs = this.#now();
    if (keepMs === undefined || (nowMs < this.#cutMs + CUT_EVERY_MS && this.#cutMs <= nowMs)) return 0;
    this.#cutMs = nowMs;
    try {
      return await store.transaction(async (session) => {
        await lockedHead(session, agent);
        const cut = await cutAudit(session, agent, { keepMs, nowMs });
        if (cut === undefined) return 0;
        if ("misfit" in cut) {
          this.#log?.error("the audit is not cut, for its old end is not as it was written: look at it with `dure audit verify`", { agent, number: cut.number, misfit: cut.misfit });
          return 0;
        }
        await addRow(session, cut.fact, agent, nowMs);
        return cut.rows;
      });
    } catch (error) {
      this.#log?.warn("the old end of the audit could not be cut off; it is tried again in an hour", { error });
      return 0;
    }
  }

  /** Once in a run, before anything of this run is begun. */
  async #told(store: Store, agent: string): Promise<void> {
    this.#telling ??= store.transaction(async (session) => {
      for (const { at_ms, fact } of await session.all<{ at_ms: number; fact: string }>("SELECT at_ms, fact FROM dure_audit_begun WHERE agent = ? ORDER BY id", [agent])) {
        const message = `the agent ended while it did this; it had begun at ${new Date(Number(at_ms)).toISOString()}`;
        await addRow(session, { ...keptFact(fact), outcome: "unknown", message }, agent, this.#now());
      }
      await session.run("DELETE FROM dure_audit_begun WHERE agent = ?", [agent]);
      for (const fact of await leftCounts(session, agent)) await addRow(session, fact, agent, this.#now());
    });
    try {
      await this.#telling;
    } catch (error) {
      this.#telling = undefined;
      throw error;
    }
  }
}

/** In a copy of the store: what had begun when it was made and is known to have ended well. */
export async function forgetBegun(session: StoreSession, command: string): Promise<void> {
  for (const { id, fact } of await session.all<{ id: number; fact: string }>("SELECT id, fact FROM dure_audit_begun")) {
    if (keptFact(fact).command === command) await session.run("DELETE FROM dure_audit_begun WHERE id = ?", [id]);
  }
}

interface StoredRow {
  readonly id: number;
  readonly number: number;
  readonly agent: string;
  readonly at_ms: number;
  readonly who: string;
  readonly command: string;
  readonly subject: string;
  readonly outcome: string;
  readonly hash: string;
  readonly entry: string;
}

/** Of an entry that is no longer one, for another hand was at it, what stands beside it: `verify` says the rest. */
function rowOf({ id, number, agent, at_ms, who, command, subject, outcome, hash, entry }: StoredRow): AuditRow {
  const beside: AuditEntry = { number: Number(number), agent, atMs: Number(at_ms), who, edge: "unknown", command, ...(subject === "" ? {} : { subject }), params: {}, outcome };
  return { ...beside, ...(jsonMap(entry) as Partial<AuditEntry>), id: Number(id), hash };
}

/** For what is written in a transaction of another. */
export async function addRow(session: StoreSession, fact: AuditFact, agent: string, atMs: number): Promise<void> {
  const head = await lockedHead(session, agent);
  const { entry, text } = entryOf(fact, { agent, number: head.number + 1, atMs });
  const hash = hashAfter(head.hash, text);
  const { number, who, command, subject = "", outcome } = entry;
  await session.run("INSERT INTO dure_audit (agent, number, at_ms, who, command, subject, outcome, entry, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", [agent, number, atMs, who, command, subject, outcome, text, hash]);
  await session.run("UPDATE dure_audit_heads SET number = ?, hash = ? WHERE agent = ?", [number, hash, agent]);
}

/** The end of the chain; nobody else adds to it before this transaction ends. */
async function lockedHead(session: StoreSession, agent: string): Promise<{ number: number; hash: string }> {
  const isMysql = session.dialect === "mysql";
  const read = (): Promise<{ number: number; hash: string }[]> => session.all(`SELECT number, hash FROM dure_audit_heads WHERE agent = ?${isMysql ? " FOR UPDATE" : ""}`, [agent]);
  const [known] = await read();
  if (known !== undefined) return { number: Number(known.number), hash: known.hash };
  await session.run(`INSERT ${isMysql ? "IGNORE" : "OR IGNORE"} INTO dure_audit_heads (agent, number, hash) VALUES (?, 0, ?)`, [agent, FIRST_HASH]);
  const [made] = await read();
  return { number: Number(made?.number ?? 0), hash: made?.hash ?? FIRST_HASH };
}

function conditionsOf({ who, command, outcome, subject, agent, text, sinceMs, untilMs, before, after }: AuditFilter): { readonly known: Conditions; readonly looked: Conditions } {
  const looked: [string, string | number][] = [];
  if (who !== undefined) looked.push(["l.who = ?", who]);
  if (command !== undefined) looked.push(command.endsWith("*") ? [likeOf("l.command"), `${likeText(command.slice(0, -1))}%`] : ["l.command = ?", command]);
  if (outcome !== undefined) looked.push(outcome === "failed" ? ["l.outcome <> ?", "ok"] : ["l.outcome = ?", outcome]);
  if (subject !== undefined) looked.push(["l.subject = ?", subject]);
  if (agent !== undefined) looked.push(["l.agent = ?", agent]);
  if (text !== undefined) looked.push([likeOf("l.entry"), `%${likeText(text)}%`]);
  if (sinceMs !== undefined) looked.push(["? <= l.at_ms", sinceMs]);
  if (untilMs !== undefined) looked.push(["l.at_ms < ?", untilMs]);
  const known: [string, number][] = [];
  if (before !== undefined) known.push(["l.id < ?", before]);
  if (after !== undefined) known.push(["? < l.id", after]);
  const conditions = (all: readonly (readonly [string, string | number])[]): Conditions => ({ sql: all.map(([sql]) => sql), params: all.map(([, value]) => value) });
  return { known: conditions(known), looked: conditions(looked) };
}

/** Not the usual backslash: MySQL takes that for an escape inside the text, SQLite does not. */
function likeOf(column: string): string {
  return `${column} LIKE ? ESCAPE '!'`;
}

function likeText(text: string): string {
  return text.replace(/[!%_]/g, "!$&");
}
