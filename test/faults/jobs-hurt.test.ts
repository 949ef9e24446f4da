// Rules that throw, hang, block their loop, end their process, and give back what cannot be: each costs its own job, and those that run beside it end well.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { JobRecord } from "#sdk/job-store.ts";
import { callControl, controlAddress } from "#kernel/control-socket.ts";
import { folder } from "../cli/run-dure.ts";
import { startAgent } from "./agent.ts";

const HURT = { throws: "Error", hangs: "TIMEOUT", blocks: "TIMEOUT", exits: "POISON", big: "TOO_LARGE", cycle: "INVALID_RESULT" } as const;
const BESIDE = 30;

test("jobs whose rules misbehave in every way fail with what was wrong, and those beside them end well", { timeout: 240_000 }, async () => {
  await using here = folder();
  here.write("rules/hurt.mjs", RULES);
  const agent = startAgent(here, {}, { config: { http: false, jobs: { rules: "./rules", workers: 2, slots: 10, timeout: "2s", kill_after: "1s", poison_after: 2 } } });
  await agent.logged(/jobs begun/);
  const run = async (rule: string, data: number): Promise<JobRecord> => {
    const answer = await callControl(controlAddress(here.file(".dure/dure.pid")), "jobs.submit", { rule: `hurt:${rule}`, data, wait: true, timeoutMs: 120_000 }, {});
    return (answer as unknown as { readonly job: JobRecord }).job;
  };
  const hurt = Object.keys(HURT).map(async (rule) => [rule, await run(rule, 0)] as const);
  const beside = Array.from({ length: BESIDE }, (_, number) => run("steady", number));

  const kinds = Object.fromEntries((await Promise.all(hurt)).map(([rule, { state, error }]) => [rule, state === "failed" ? error?.kind : state]));
  assert.deepEqual(kinds, HURT, agent.log().slice(-3000));
  const ended = await Promise.all(beside);
  assert.deepEqual(ended.map(({ state, result }) => [state, result]), ended.map((_, number) => ["succeeded", String(number)]), agent.log().slice(-3000));
  assert.equal((await run("steady", 7)).state, "succeeded", "and the next one");
  await agent.stop();
});

const RULES = `
export function throws() { throw new Error("no"); }
export function hangs() { return new Promise(() => {}); }
export function blocks() { for (;;); }
export function exits() { process.exit(3); }
export function big() { return "x".repeat(100 << 20); }
export function cycle() { const one = {}; one.self = one; return one; }
export async function steady(number) { await new Promise((resolve) => setTimeout(resolve, 50)); return number; }
`;
