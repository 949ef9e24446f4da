// What `defineRule` says to the compiler: arguments have the types of their schema, and what cannot be is refused before anything runs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { defineRule, z } from "./rule.ts";

test("defineRule: the arguments of `run` have the types of the schema, with its defaults", () => {
  const rule = defineRule({
    args: z.strictObject({ order: z.int(), note: z.string().optional(), times: z.int().default(1) }),
    run({ order, note, times }) {
      const numbers: readonly number[] = [order, times];
      // @ts-expect-error It may be left out.
      const text: string = note;
      return [...numbers, text];
    },
  });
  assert.deepEqual(rule.run({ order: 7, times: 1 }, undefined as never), [7, 1, undefined]);
});

test("defineRule: without a schema the data is unknown, and has to be looked at", () => {
  // @ts-expect-error Nobody knows what it is.
  const rule = defineRule({ run: (args) => args.order });
  assert.equal(rule.run({ order: 7 }, undefined as never), 7);
});

test("defineRule: what no rule can say is refused", () => {
  // @ts-expect-error A timeout is a text or a number.
  defineRule({ timeout: true, run: () => 1 });
  // @ts-expect-error It is called `attempts`.
  defineRule({ retries: 3, run: () => 1 });
  // @ts-expect-error A rule runs something.
  defineRule({ summary: "nothing" });
  // @ts-expect-error A path is a text.
  defineRule({ idempotencyKey: 7, run: () => 1 });
});
