// Whoever is refused can ask again a thousand times a second. The first such calls are rows of the audit at once; those that follow within a minute
// are counted, and are one row that says how many they were. One caller fills no more than so many rows a minute, whatever he asks.
//
// A count is noted in the store each time it has doubled: after kill -9 more than half of it is known. Nothing here waits but the notes.
import { networkOf } from "#base/network-of.ts";
import type { StoreSession } from "#sdk/store.ts";
import { keptFact } from "./audit-entry.ts";
import type { AuditFact, Repeated } from "./audit-entry.ts";

const WINDOW_MS = 60_000;
/** Of a kind, before they are counted: what a person does by hand stands there in full. */
const ROWS_MAX = 5;
/** Of one caller at a time; what is beyond is counted together, whatever it was. */
const KINDS_MAX = 10;
/** Of all callers. */
const ALL_MAX = 2000;
/** In the place of a name of which there were several. */
const SEVERAL = "*";

interface Counted {
  readonly repeated: Repeated;
  /** The last of them. */
  readonly fact: AuditFact;
  /** What the store has of it; id 0: nothing yet. */
  readonly note: { id: number; times: number };
}

interface Kind {
  readonly caller: string;
  readonly endsMs: number;
  /** Written in this minute. */
  rows: number;
  counted?: Counted;
}

export interface DueCount {
  readonly key: string;
  readonly fact: AuditFact;
  readonly counted: Counted;
}

export class RepeatedRefusals {
  readonly #kinds = new Map<string, Kind>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  get isCounting(): boolean {
    return [...this.#kinds.values()].some(({ counted }) => counted !== undefined);
  }

  /** "row": it has to be written as it is. "note": it is counted, and `note` is to be called. */
  take(given: AuditFact): "row" | "note" | "counted" {
    const nowMs = this.#now();
    const { key, fact } = this.#kindOf(given, nowMs);
    const kind = this.#kinds.get(key);
    if (kind === undefined || !isOpen(kind, nowMs)) {
      this.#kinds.set(key, { caller: callerOf(fact), endsMs: nowMs + WINDOW_MS, rows: 1 });
      return "row";
    }
    if (kind.rows < ROWS_MAX) {
      kind.rows += 1;
      return "row";
    }
    const { repeated: before, note = { id: 0, times: 0 } } = kind.counted ?? {};
    const times = (before?.times ?? 0) + 1;
    kind.counted = { repeated: { times, firstMs: before?.firstMs ?? nowMs, lastMs: nowMs }, fact, note };
    return times === doubled(times) ? "note" : "counted";
  }

  /** That row could not be written. */
  missed(given: AuditFact): void {
    const kind = this.#kinds.get(this.#kindOf(given, this.#now()).key);
    if (kind !== undefined) kind.rows -= 1;
  }

  /** Within a transaction. What comes back is to be called when that is not committed. */
  async note(session: StoreSession, agent: string): Promise<() => void> {
    const before: (() => void)[] = [];
    const undo = (): void => before.forEach((restore) => restore());
    try {
      for (const { counted } of this.#kinds.values()) {
        if (counted === undefined || doubled(counted.repeated.times) <= counted.note.times) continue;
        const { fact, note, repeated: { times, firstMs, lastMs } } = counted;
        const was = { ...note };
        before.push(() => Object.assign(note, was));
        if (note.id === 0) note.id = (await session.run("INSERT INTO dure_audit_repeated (agent, fact, times, first_ms, last_ms) VALUES (?, ?, ?, ?, ?)", [agent, JSON.stringify(fact), times, firstMs, lastMs])).lastId;
        else await session.run("UPDATE dure_audit_repeated SET fact = ?, times = ?, last_ms = ? WHERE id = ?", [JSON.stringify(fact), times, lastMs, note.id]);
        note.times = times;
      }
      return undo;
    } catch (error) {
      undo();
      throw error;
    }
  }

  /** Takes out the counts whose minute is over, or all. Each is to be written and its note removed, in one transaction with the others; else `putBack`. */
  due(isAll: boolean): readonly DueCount[] {
    const nowMs = this.#now();
    const due: DueCount[] = [];
    for (const [key, kind] of this.#kinds) {
      if (!isAll && isOpen(kind, nowMs)) continue;
      this.#kinds.delete(key);
      if (kind.counted === undefined) continue;
      due.push({ key, fact: { ...kind.counted.fact, repeated: kind.counted.repeated }, counted: kind.counted });
      // Who goes on fills a row a minute.
      if (!isAll) this.#kinds.set(key, { caller: kind.caller, endsMs: nowMs + WINDOW_MS, rows: ROWS_MAX });
    }
    return due;
  }

  putBack(due: readonly DueCount[]): void {
    for (const { key, fact, counted } of due) {
      const { counted: since, endsMs = this.#now() + WINDOW_MS } = this.#kinds.get(key) ?? {};
      const { times, firstMs, lastMs } = counted.repeated;
      const repeated = { times: times + (since?.repeated.times ?? 0), firstMs, lastMs: since?.repeated.lastMs ?? lastMs };
      const { repeated: _repeated, ...last } = since?.fact ?? fact;
      this.#kinds.set(key, { caller: callerOf(last), endsMs, rows: ROWS_MAX, counted: { repeated, fact: last, note: counted.note } });
    }
  }

  #kindOf(fact: AuditFact, nowMs: number): { readonly key: string; readonly fact: AuditFact } {
    const own = keyOf(fact);
    if (this.#kinds.has(own)) return { key: own, fact };
    const caller = callerOf(fact);
    const many = [...this.#kinds.values()].filter((kind) => kind.caller === caller && isOpen(kind, nowMs)).length;
    if (many < KINDS_MAX && this.#kinds.size < ALL_MAX) return { key: own, fact };
    const { name, role, edge } = fact.caller;
    const several: AuditFact = { caller: this.#kinds.size < ALL_MAX ? { name, edge, ...(role === undefined ? {} : { role }) } : { name: SEVERAL, edge }, command: SEVERAL, params: {}, outcome: fact.outcome };
    return { key: keyOf({ ...several, outcome: "FAILED" }), fact: several };
  }
}

/** Counts of a run that did not live to write them. */
export async function leftCounts(session: StoreSession, agent: string): Promise<AuditFact[]> {
  const rows = await session.all<{ fact: string; times: number; first_ms: number; last_ms: number }>("SELECT fact, times, first_ms, last_ms FROM dure_audit_repeated WHERE agent = ? ORDER BY id", [agent]);
  await session.run("DELETE FROM dure_audit_repeated WHERE agent = ?", [agent]);
  return rows.map(({ fact, times, first_ms: firstMs, last_ms: lastMs }) => ({ ...keptFact(fact), repeated: { times: Number(times), firstMs: Number(firstMs), lastMs: Number(lastMs) }, message: "at least so many, and fewer than twice as many: the agent was killed before it wrote them down" }));
}

/** The greatest power of two that is not above it: so many are to be noted. */
function doubled(times: number): number {
  return 2 ** Math.floor(Math.log2(times));
}

/** A clock that was set back opens no window for ever. */
function isOpen({ endsMs }: Kind, nowMs: number): boolean {
  return nowMs < endsMs && endsMs <= nowMs + WINDOW_MS;
}

function callerOf({ caller: { name, role } }: AuditFact): string {
  return JSON.stringify([name, role ?? ""]);
}

/** One IPv6 user has 2^64 addresses. */
function keyOf({ caller: { name, role, edge, address = "" }, command, outcome }: AuditFact): string {
  return JSON.stringify([name, role ?? "", edge, networkOf(address), command, outcome]);
}
