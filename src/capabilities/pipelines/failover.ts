// Several outputs as one: the chosen one is used until it fails, then the next; when all have failed, `last`.
// A preferred output that failed is asked again every `recheckMs`, and used again once it is healthy.
import { networkInterfaces } from "node:os";
import type { Clock } from "#base/clock.ts";
import { PermanentError } from "#base/errors.ts";
import { sha256 } from "#base/sha256.ts";
import type { Batch } from "#dataplane/batch.ts";
import type { Log, Output, Written } from "#sdk/plugin.ts";

export interface FailoverParts {
  /** In the order of the config. */
  readonly outputs: readonly { readonly name: string; readonly output: Output }[];
  readonly last: { readonly name: string; readonly output: Output } | undefined;
  readonly startBy: "ip" | "tag" | "random" | "ordered";
  readonly recheckMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: () => number;
}

export function failover({ outputs, last, startBy, recheckMs, clock, log, random = Math.random }: FailoverParts): Output {
  const fixedStart = startBy === "ip" ? hash(localAddress()) : startBy === "random" ? Math.floor(random() * outputs.length) : 0;
  /** When an output may be asked again; missing = it works. */
  const failedUntil = new Map<Output, number>();
  const everyOutput = last === undefined ? outputs : [...outputs, last];

  async function isWorthATry(output: Output, signal: AbortSignal): Promise<boolean> {
    const until = failedUntil.get(output);
    if (until === undefined) return true;
    if (clock.now() < until) return false;
    failedUntil.set(output, clock.now() + recheckMs); // Others need not ask meanwhile.
    return output.healthy === undefined || (await output.healthy(signal));
  }

  async function attempt({ name, output }: { readonly name: string; readonly output: Output }, batch: Batch, signal: AbortSignal): Promise<Written | Error> {
    try {
      const written = (await output.write(batch, signal)) ?? {};
      if (failedUntil.delete(output)) log.info("failover: an output works again", { output: name });
      return written;
    } catch (error) {
      if (signal.aborted || error instanceof PermanentError) throw error;
      if (!failedUntil.has(output)) log.warn("failover: an output failed; the next one takes over", { output: name, error });
      failedUntil.set(output, clock.now() + recheckMs);
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  return {
    concurrency: Math.min(...everyOutput.map(({ output }) => output.concurrency ?? 1)),
    async write(batch, signal) {
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
        const written = await attempt(candidate, batch, signal);
        if (!(written instanceof Error)) return written;
        failure = written;
      }
      if (last !== undefined) {
        const written = await attempt(last, batch, signal);
        if (!(written instanceof Error)) return written;
        failure = written;
      }
      // Nobody else is left: those that were only resting get their chance before the batch has to wait.
      for (const candidate of skipped) {
        const written = await attempt(candidate, batch, signal);
        if (!(written instanceof Error)) return written;
        failure = written;
      }
      throw failure ?? new Error("failover: no output took the batch");
    },
    async healthy(signal) {
      for (const { output } of everyOutput) if (output.healthy === undefined || (await output.healthy(signal))) return true;
      return false;
    },
    async committed() {
      for (const { output } of everyOutput) await output.committed?.();
    },
    async close() {
      for (const { output } of everyOutput) await output.close();
    },
  };
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
