// What each rule has done since the agent's start, and does now.
import type { Outcome } from "#sdk/queue.ts";

interface Entry {
  running: number;
  succeeded: number;
  failed: number;
  /** In ms; the newest takes the place of the oldest. */
  readonly runMs: number[];
  next: number;
}

const RUNS_KEPT = 1000;

export class RuleBook {
  readonly #entries = new Map<string, Entry>();
  runningOfAll = 0;

  begun(rule: string): void {
    this.#entry(rule).running += 1;
    this.runningOfAll += 1;
  }

  ended(rule: string, outcome: Outcome["type"], runMs: number): void {
    const entry = this.#entry(rule);
    entry.running -= 1;
    this.runningOfAll -= 1;
    if (outcome === "released") return;
    if (outcome === "succeeded") entry.succeeded += 1;
    else if (outcome !== "cancelled") entry.failed += 1;
    entry.runMs[entry.next] = runMs;
    entry.next = (entry.next + 1) % RUNS_KEPT;
  }

  running(rule: string): number {
    return this.#entries.get(rule)?.running ?? 0;
  }

  look(rule: string): { readonly running: number; readonly succeeded: number; readonly failed: number; readonly runMs?: { readonly p50: number; readonly p95: number } } {
    const { running, succeeded, failed, runMs } = this.#entries.get(rule) ?? { running: 0, succeeded: 0, failed: 0, runMs: [] };
    const sorted = runMs.toSorted((one, other) => one - other);
    const at = (share: number): number => Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 1000) / 1000;
    return { running, succeeded, failed, ...(sorted.length === 0 ? {} : { runMs: { p50: at(0.5), p95: at(0.95) } }) };
  }

  #entry(rule: string): Entry {
    const known = this.#entries.get(rule);
    if (known !== undefined) return known;
    const entry = { running: 0, succeeded: 0, failed: 0, runMs: [], next: 0 };
    this.#entries.set(rule, entry);
    return entry;
  }
}
