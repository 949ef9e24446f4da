// A rule that says how it wants to be run. The same order twice is one job.
import { RetryAfter, defineRule, z } from "dure/rule";

export const place = defineRule({
  summary: "places an order",
  args: z.strictObject({ order: z.int().positive(), amount: z.number().positive() }),
  timeout: "10s",
  attempts: 3,
  backoff: { first: "50ms", most: "1s" },
  idempotencyKey: "order",
  run({ order, amount }, { attempt, mark }) {
    if (attempt === 1) throw new RetryAfter("50ms", "the shop is busy");
    mark("placed", `order ${order}`);
    return { order, total: Math.round(amount * 1.1) };
  },
});
