// What the author of a rule says of it, as the agent reads it.
import { z } from "zod";
import type { RuleDefinition, Time } from "#sdk/rule.ts";
import { duration } from "#sdk/options.ts";
import type { RuleFacts } from "../worker-protocol.ts";

/** Throws UsageError or ZodError for what cannot be meant: the file is a problem then. */
export function definedFacts(definition: RuleDefinition): Partial<RuleFacts> {
  const { summary, args, secrets, timeout, attempts, backoff, concurrency, rate, priority, ownThread, idempotencyKey } = definition;
  return {
    ...(summary === undefined ? {} : { summary: z.string().parse(summary) }),
    ...(args === undefined ? {} : { args: z.toJSONSchema(args, { target: "draft-07", unrepresentable: "any", io: "input" }) }),
    ...(secrets === undefined ? {} : { secrets: z.array(z.string()).parse(secrets) }),
    ...(timeout === undefined ? {} : { timeoutMs: timeMs(timeout) }),
    ...(attempts === undefined ? {} : { attempts: z.int().min(1).parse(attempts) }),
    ...(backoff === undefined ? {} : { backoff: { firstMs: timeMs(backoff.first), mostMs: timeMs(backoff.most) } }),
    ...(concurrency === undefined ? {} : { concurrency: z.int().min(1).parse(concurrency) }),
    ...(rate === undefined ? {} : { rate: rateOf(rate) }),
    ...(priority === undefined ? {} : { priority: z.int().min(0).max(9).parse(priority) }),
    ...(ownThread === true ? { ownThread } : {}),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey: z.string().parse(idempotencyKey) }),
  };
}

export function timeMs(time: Time): number {
  return typeof time === "number" ? z.number().min(0).parse(time) : z.number().parse(duration().parse(time));
}

const PER_MS = { s: 1000, m: 60_000, h: 3_600_000 } as const;

export function rateOf(rate: string): { readonly count: number; readonly perMs: number } {
  const [, count, unit] = /^([1-9]\d{0,6})\/([smh])$/u.exec(rate.replaceAll(" ", "")) ?? [];
  if (unit === undefined) throw new RangeError(`rate: write "10/s", "100/m" or "1000/h", not ${JSON.stringify(rate)}`);
  return { count: Number(count), perMs: PER_MS[unit as keyof typeof PER_MS] };
}
