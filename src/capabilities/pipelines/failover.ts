// Several outputs as one: the chosen one is used until it fails, then the next; when all have failed, `last`.
// A preferred output that failed is asked again every `recheckMs`, and used again once it is healthy. An output that
// has something committed gets the batches in their order, whichever way each of them takes: what it asks for last holds for all before it.
import { networkInterfaces } from "node:os";
import type { Clock } from "#base/clock.ts";
import { PermanentError, toError } from "#base/errors.ts";
import { sha256 } from "#base/sha256.ts";
import type { Batch } from "#dataplane/batch.ts";
import type { Log, Output, Written } from "#sdk/plugin.ts";
import { withMemory } from "#sdk/with-memory.ts";
import { BatchLine } from "./batch-line.ts";
import type { Entry } from "./batch-line.ts";
import { countRecords } from "./stats.ts";
import type { PipelineStats } from "./stats.ts";

const REASON_LENGTH_MAX = 300;

export interface FailoverParts {
  /** In the order of the config. */
  readonly outputs: readonly { readonly name: string; readonly output: Output }[];
  readonly last: { readonly name: string; readonly output: Output } | undefined;
  readonly startBy: "ip" | "tag" | "random" | "ordered";
  readonly recheckMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Where it is counted what each output took, and said which are gone past. */
  readonly stats: PipelineStats;
  readonly random?: () => number;
}

export function failover({ outputs, last, startBy, recheckMs, clock, log, stats, random = Math.random }: FailoverParts): Output {
  const fixedStart = startBy === "ip" ? hash(localAddress()) : startBy === "random" ? Math.floor(random() * outputs.length) : 0;
  /** When an output failed, or was asked last; missing = it works. */
  const failedMs = new Map<Output, number>();
  const everyOutput = last === undefined ? outputs : [...outputs, last];
  const line = new BatchLine<Output>();

  async function isWorthATry(output: Output, signal: AbortSignal): Promise<boolean> {
    const sinceMs = failedMs.get(output);
    if (sinceMs === undefined) return true;
    const nowMs = clock.now();
    if (sinceMs <= nowMs && nowMs < sinceMs + recheckMs) return false; // A clock that was set back says nothing of how long that is ago.
    failedMs.set(output, nowMs); // Others need not ask meanwhile.
    return isWell(output, signal);
  }

  async function attempt({ name, output }: { readonly name: string; readonly output: Output }, batch: Batch, entry: Entry<Output>, signal: AbortSignal): Promise<Written | Error> {
    await line.goTo(entry, output, { isInOrder: output.committed !== undefined });
    try {
      // In its place in line: nothing is wrong with the output, and another one is no way out of what all of them lack.
      const written = (await withMemory(() => output.write(batch, signal), { batch, clock, signal })) ?? {};
      countRecords(stats, name, batch.count);
      if (failedMs.delete(output)) {
        delete stats.failing[name];
        log.info("failover: an output works again", { output: name });
      }
      return written;
    } catch (error) {
      if (signal.aborted || error instanceof PermanentError) throw error;
      if (!failedMs.has(output)) log.warn("failover: an output failed; the next one takes over", { output: name, error });
      failedMs.set(output, clock.now());
      const failure = toError(error);
      stats.failing[name] = { sinceMs: stats.failing[name]?.sinceMs ?? clock.now(), reason: failure.message.slice(0, REASON_LENGTH_MAX), isBypassed: true };
      return failure;
    }
  }

  async function writeSomewhere(batch: Batch, entry: Entry<Output>, signal: AbortSignal): Promise<Written> {
    const start = startBy === "tag" ? hash(batch.tag) : fixedStart;
    let failure: Error | undefined;
    const skipped: (typeof outputs)[number][] = [];
    for (let step = 0; step < outputs.length; step += 1) {
      const candidate = outputs[(start + step) % outputs.length];
      if (candidate === undefined) continue;
      if (!(await isWorthATry(candidate.output, signal))) {
        skipped.push(candidate);
        continue;
      }
      const written = await attempt(candidate, batch, entry, signal);
      if (!(written instanceof Error)) return written;
      failure = written;
    }
    // Nobody else is left behind the last one: those that were only resting get their chance before the batch has to wait.
    for (const candidate of last === undefined ? skipped : [last, ...skipped]) {
      const written = await attempt(candidate, batch, entry, signal);
      if (!(written instanceof Error)) return written;
      failure = written;
    }
    throw failure ?? new Error("failover: no output took the batch");
  }

  return {
    concurrency: Math.min(...everyOutput.map(({ output }) => output.concurrency ?? 1)),
    async write(batch, signal) {
      const entry = line.enter(batch);
      try {
        return await writeSomewhere(batch, entry, signal);
      } finally {
        line.leave(entry);
      }
    },
    async healthy(signal) {
      for (const { output } of everyOutput) if (await isWell(output, signal)) return true;
      return false;
    },
    async committed() {
      for (const { output } of everyOutput) await output.committed?.();
    },
    async close() {
      let failure: Error | undefined;
      for (const { name, output } of everyOutput) {
        delete stats.failing[name];
        await output.close().catch((error: unknown) => (failure ??= toError(error)));
      }
      if (failure !== undefined) throw failure;
    },
  };
}

async function isWell(output: Output, signal: AbortSignal): Promise<boolean> {
  try {
    return output.healthy === undefined || (await output.healthy(signal));
  } catch {
    return false; // Why, the next write says.
  }
}

/** The first address by which others know this host: a fleet spreads over the outputs by it. */
function localAddress(): string {
  for (const addresses of Object.values(networkInterfaces())) {
    for (const address of addresses ?? []) if (!address.internal) return address.address;
  }
  return "127.0.0.1";
}

function hash(text: string): number {
  return sha256(text).readUInt32BE(0);
}
