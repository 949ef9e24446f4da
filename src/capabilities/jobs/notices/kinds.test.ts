// Notices are jobs of the house: whoever lists, counts, retries, cancels or forgets jobs means users' jobs, unless he asks for notices.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { NotifierPlan } from "#kernel/config/notifiers-plan.ts";
import type { CommandCall } from "#kernel/commands/command.ts";
import { jobCommands } from "../commands.ts";
import type { JobsPort } from "../commands.ts";
import { startEngine, until } from "../testing.ts";
import { notifierCommands } from "./commands.ts";

const RULES = { "a.mjs": 'export const good = () => 1;\nexport const bad = () => { throw new Error("펑"); };' };
/** Nobody listens there: each notice is tried once and given up. */
const HOOK: NotifierPlan = { name: "hook", target: { type: "webhook", url: "http://127.0.0.1:9/", headers: {}, tls: { isVerified: true } }, on: [], timeoutMs: 10_000, attempts: 1, backoff: { firstMs: 20, mostMs: 100 }, concurrency: 4, rate: null, place: { file: "dure.yml", line: 1, column: 1 } };
const NOTICES = 30;
const CALL = { caller: { name: "test", role: "admin", edge: "local" }, signal: new AbortController().signal, emit: () => true, changed() {} } as unknown as CommandCall;

test("notices: they stand in no list and no figure of jobs, and what is done with many jobs spares them, unless they are asked for", { timeout: 120_000 }, async () => {
  await using jobs = await startEngine(RULES, { notifiers: [HOOK] });
  const port = { engine: async () => jobs.engine, isAny: () => true } as unknown as JobsPort;
  const ask = async (name: string, given: object = {}): Promise<Record<string, unknown>> => {
    const command = [...jobCommands, ...notifierCommands].find((each) => each.name === name);
    assert.ok(command !== undefined);
    return (await command.run(command.params.parse(given) as never, CALL, port)) as Record<string, unknown>;
  };
  const rules = async (given: object = {}): Promise<readonly string[]> => ((await ask("jobs.list", { limit: 1000, ...given }))["jobs"] as readonly { readonly rule: string }[]).map(({ rule }) => rule).toSorted();
  const notices = (count: number): readonly string[] => Array.from({ length: count }, () => "@notifiers:hook");
  assert.deepEqual([await rules({ kind: "notices" }), await rules()], [[], []], "before there are any");
  await jobs.run("a:good");
  await jobs.run("a:bad");
  await jobs.engine.notify(Array.from({ length: NOTICES }, (_, at) => ({ id: `n${at}`, notifier: "hook", from: "test", notice: { subject: "s", text: "", atMs: 1, host: "h", data: null } })));
  const looked = async () => jobs.engine.look();
  await until(async () => (await looked()).notices.failed === NOTICES, "all were given up");

  const { queue: { depth }, notices: shown } = await looked();
  assert.deepEqual([depth, shown], [{ queued: 0, delayed: 0, running: 0, failed: 1 }, { waiting: 0, failed: NOTICES }]);
  assert.deepEqual(await rules(), ["a:bad", "a:good"]);
  assert.deepEqual(await rules({ states: ["failed"] }), ["a:bad"]);
  assert.deepEqual(await rules({ kind: "notices" }), notices(NOTICES));
  assert.deepEqual(await rules({ rule: "@notifiers:hook" }), notices(NOTICES), "who names the notifier asks for its notices");
  assert.deepEqual(await rules({ kind: "all" }), [...notices(NOTICES), "a:bad", "a:good"]);
  assert.deepEqual(await rules({ text: "펑" }), ["a:bad"]);
  assert.deepEqual(await rules({ kind: "notices", text: "펑" }), []);

  const [notifier] = (await ask("notifiers.list"))["notifiers"] as readonly Record<string, unknown>[];
  assert.match(String(notifier?.["lastFailure"]), /ECONNREFUSED/);
  assert.equal(typeof notifier?.["lastFailedMs"], "number");

  // All dead letters of jobs are retried and forgotten; those of notices stay until somebody means them.
  assert.equal(((await ask("jobs.retry", { states: ["failed"] }))["retried"] as readonly unknown[]).length, 1);
  await until(async () => (await looked()).queue.depth?.failed === 1, "it has failed again");
  assert.deepEqual(await ask("jobs.forget", { states: ["failed", "succeeded"] }), { forgotten: 3 });
  assert.deepEqual(await rules({ kind: "all" }), notices(NOTICES));
  await assert.rejects(ask("jobs.retry", { kind: "notices" }), /says of no job/);
  assert.equal(((await ask("jobs.retry", { kind: "notices", states: ["failed"] }))["retried"] as readonly unknown[]).length, NOTICES);
  await until(async () => (await looked()).notices.failed === NOTICES, "all were given up again");
  assert.deepEqual(await ask("jobs.forget", { ids: ["n0"] }), { forgotten: 1 }, "who names one means it");
  assert.deepEqual(await ask("jobs.forget", { kind: "notices", states: ["failed"] }), { forgotten: 2 * NOTICES - 1 });
});
