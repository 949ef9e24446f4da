// What each rule has done since the agent's start, and does now.
import type { Outcome } from "#sdk/queue.ts";
import type { RuleLook } from "./jobs.ts";

interface Entry {
  running: number;
  succeeded: number;
  failed: number;
  readonly runMs: Latest;
  readonly waitMs: Latest;
}

type Times = NonNullable<RuleLook["runMs"]>;

const TIMES_KEPT = 1000;

export class RuleBook {
  readonly #entries = new Map<string, Entry>();
  runningOfAll = 0;

  /** `waitMs`: since it could have been run; undefined for what was tried before. */
  begun(rule: string, waitMs: number | undefined): void {
    const entry = this.#entry(rule);
    entry.running += 1;
    if (waitMs !== undefined) entry.waitMs.add(waitMs);
    this.runningOfAll += 1;
  }

  ended(rule: string, outcome: Outcome["type"], runMs: number): void {
    const entry = this.#entry(rule);
    entry.running -= 1;
    this.runningOfAll -= 1;
    if (outcome === "released") return;
    if (outcome === "succeeded") entry.succeeded += 1;
    else if (outcome !== "cancelled") entry.failed += 1;
    entry.runMs.add(runMs);
  }

  running(rule: string): number {
    return this.#entries.get(rule)?.running ?? 0;
  }

  look(rule: string): Pick<RuleLook, "running" | "succeeded" | "failed" | "runMs" | "waitMs"> {
    const entry = this.#entries.get(rule);
    if (entry === undefined) return { running: 0, succeeded: 0, failed: 0 };
    const { running, succeeded, failed } = entry;
    const [runMs, waitMs] = [entry.runMs.times(), entry.waitMs.times()];
    return { running, succeeded, failed, ...(runMs === undefined ? {} : { runMs }), ...(waitMs === undefined ? {} : { waitMs }) };
  }

  #entry(rule: string): Entry {
    const known = this.#entries.get(rule);
    if (known !== undefined) return known;
    const entry = { running: 0, succeeded: 0, failed: 0, runMs: new Latest(), waitMs: new Latest() };
    this.#entries.set(rule, entry);
    return entry;
  }
}

/** The newest takes the place of the oldest. */
class Latest {
  readonly #ms: number[] = [];
  #next = 0;

  add(ms: number): void {
    this.#ms[this.#next] = ms;
    this.#next = (this.#next + 1) % TIMES_KEPT;
  }

  times(): Times | undefined {
    if (this.#ms.length === 0) return undefined;
    const sorted = this.#ms.toSorted((one, other) => one - other);
    const at = (share: number): number => Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 1000) / 1000;
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
  }
}
