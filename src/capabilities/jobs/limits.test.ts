// How many and how often: of a rule and of the whole agent. A limit is never passed, and holds up nobody else.
import assert from "node:assert/strict";
import { test } from "node:test";
import { WAIT_MS, startEngine } from "./testing.ts";

const RULES = {
  "shop.ts": `
    import { defineRule } from "dure/rule";
    export const seldom = defineRule({ rate: "4/s", run: () => Date.now() });
    export const free = defineRule({ run: () => Date.now() });
    let running = 0;
    export const counted = defineRule({ async run() { running += 1; const together = running; await new Promise((go) => setTimeout(go, 5)); running -= 1; return together; } });`,
};

test("limits: a rule begins no more often than its rate allows, and lets others pass", { timeout: 2 * WAIT_MS }, async () => {
  await using world = await startEngine(RULES, { slots: 20 });
  const beganMs = Date.now();
  const seldom = await world.submit(Array.from({ length: 8 }, () => ({ rule: "shop:seldom" })));
  const free = await world.submit(Array.from({ length: 50 }, () => ({ rule: "shop:free" })));
  const ran = async (ids: readonly string[]): Promise<readonly number[]> => (await Promise.all(ids.map((id) => world.engine.wait(id, WAIT_MS)))).map(({ result }) => Number(result)).toSorted((one, other) => one - other);
  const [limited, others] = await Promise.all([ran(seldom), ran(free)]);
  // Four at once, and one each 250 ms after that.
  for (const [index, atMs] of limited.entries()) assert.ok(beganMs + Math.max(0, index - 3) * 250 <= atMs, `the ${index + 1}th began after ${atMs - beganMs} ms`);
  assert.ok((others.at(-1) ?? 0) <= (limited.at(-1) ?? 0), "nobody waits behind it");
});

test("limits: all rules together begin no more often than the agent's rate allows", { timeout: 2 * WAIT_MS }, async () => {
  await using world = await startEngine(RULES, { slots: 20, rate: { count: 3, perMs: 600 } });
  const beganMs = Date.now();
  const ids = await world.submit(["free", "counted", "free", "counted", "free", "free"].map((name) => ({ rule: `shop:${name}` })));
  const ends = (await Promise.all(ids.map((id) => world.engine.wait(id, WAIT_MS)))).map(({ endedMs = 0 }) => endedMs).toSorted((one, other) => one - other);
  for (const [index, atMs] of ends.entries()) assert.ok(beganMs + Math.max(0, index - 2) * 200 <= atMs, `the ${index + 1}th ended after ${atMs - beganMs} ms`);
});

test("limits: no more jobs run at a time than the agent may", { timeout: 2 * WAIT_MS }, async () => {
  await using world = await startEngine(RULES, { slots: 20, concurrency: 2 });
  const ids = await world.submit(Array.from({ length: 20 }, () => ({ rule: "shop:counted" })));
  const together = (await Promise.all(ids.map((id) => world.engine.wait(id, WAIT_MS)))).map(({ result }) => Number(result));
  assert.ok(Math.max(...together) <= 2, together.join(" "));
});
