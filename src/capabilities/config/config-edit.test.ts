// Changes of the config's file that commands make: in turn, whole or not at all, and nothing over what somebody has written by hand.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { CommandFailure } from "#kernel/commands/failure.ts";
import { planDifference } from "#kernel/config/plan-difference.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import { createEventHub } from "#kernel/events/event-hub.ts";
import type { Log } from "#sdk/plugin.ts";
import { RunningConfig } from "./config.ts";
import { ConfigEditor } from "./config-editor.ts";
import { ConfigWorker } from "./config-worker.ts";
import type { NewRevision, RevisionBook } from "./revisions.ts";

const CONFIG = `# Ours.
processes:
  etl: python3 etl.py   # every night
  db: { command: [psql], env: { PASSWORD: canary-secret } }
`;

const quiet = (): void => {};
const log: Log = { debug: quiet, info: quiet, warn: quiet, error: quiet };

function book(): RevisionBook & { readonly kept: NewRevision[] } {
  const kept: NewRevision[] = [];
  const at = (index: number) => {
    const revision = kept[index];
    return revision === undefined ? undefined : { ...revision, revision: index + 1, atMs: 0 };
  };
  return {
    kept,
    prepare: async () => {},
    add: async (revision) => kept.push(revision),
    latest: async () => at(kept.length - 1),
    list: async () => kept.flatMap((_, index) => at(index) ?? []).reverse(),
    find: async (revision) => at(revision - 1),
    ofHash: async (hash) => at(kept.findLastIndex((each) => each.hash === hash)),
    seals: async () => [],
  };
}

async function running(text = CONFIG) {
  const dir = mkdtempSync(join(tmpdir(), "dure-edit-"));
  const file = join(dir, "dure.yml");
  writeFileSync(file, text);
  const worker = new ConfigWorker();
  const { plan, hash } = await worker.ask({ type: "plan", file });
  let runs: AgentPlan = plan ?? assert.fail("no plan");
  const state: { problem?: string } = {};
  const config = new RunningConfig({
    worker, log, plan: runs, hash,
    goOver: async (next) => {
      const difference = planDifference(runs, next);
      if (state.problem !== undefined) return { ...difference, problem: state.problem };
      runs = next;
      return difference;
    },
    compare: (next) => planDifference(runs, next),
  });
  const revisions = book();
  const events = createEventHub();
  const editor = new ConfigEditor({ config, book: revisions, events });
  config.follow((fact) => editor.hear(fact, () => false));
  return {
    editor, revisions, state, config, file,
    text: () => readFileSync(file, "utf8"),
    names: () => runs.processes.processes.map(({ name }) => name),
    schedules: () => runs.processes.schedules.map(({ name }) => name),
    async [Symbol.asyncDispose]() {
      await worker[Symbol.asyncDispose]();
      rmSync(dir, { recursive: true });
    },
  };
}

const failsWith = (code: string, words: RegExp) => (error: unknown) => error instanceof CommandFailure && error.code === code && words.test(`${error.message} ${error.hint}`);

test("an edit is written, run, and kept as a revision of who made it", async () => {
  await using here = await running();
  const applied = await here.editor.edit([{ path: ["processes", "load"], value: { command: ["python3", "load.py"], env: { TOKEN: "canary-token" } } }, { path: ["flows", "-"], value: { from: "etl", to: "load" } }], "kim", "processes.create load");
  assert.equal(here.text(), `${CONFIG}  load:\n    command: [python3, load.py]\n    env: { TOKEN: canary-token }\nflows:\n  - { from: etl, to: load }\n`);
  assert.deepEqual(here.names(), ["etl", "db", "load"]);
  assert.deepEqual(applied.reloaded.processes.added, ["load"]);
  assert.equal(here.config.runningHash, applied.hash);
  assert.deepEqual(here.revisions.kept.map(({ who, note, outcome }) => [who, note, outcome]), [["file", "", "running"], ["kim", "processes.create load", "applied"]]);
  assert.doesNotMatch(JSON.stringify([here.revisions.kept, applied]), /canary/);
  const again = await here.editor.edit([{ path: ["processes", "nobody"] }], "kim", "nothing");
  assert.deepEqual([again.hash, again.diff, here.revisions.kept.length], [applied.hash, "", 2]);
});

test("an edit that cannot be says what is wrong with it, and changes nothing", async () => {
  await using here = await running();
  await assert.rejects(here.editor.edit([{ path: ["flows", "-"], value: { from: "etl", to: "lod" } }], "kim", ""), failsWith("CONFIG_INVALID", /there is no process 'lod' \(DURE330\)/));
  await assert.rejects(here.editor.edit([{ path: ["processes", "a b"], value: "x" }], "kim", ""), failsWith("CONFIG_INVALID", /'a b' cannot be a name/));
  const failure = await here.editor.edit([{ path: ["processes", "etl", "env"], value: { KEY: ["canary-secret"] } }], "kim", "").catch((error: unknown) => error as CommandFailure);
  assert.ok(failure instanceof CommandFailure && Array.isArray((failure.details as { problems: unknown[] }).problems));
  assert.doesNotMatch(JSON.stringify([failure.message, failure.details]), /canary/);
  assert.equal(here.text(), CONFIG);
});

test("an edit is put back when the agent does not go over to it", async () => {
  await using here = await running();
  here.state.problem = "etl: the port is taken";
  await assert.rejects(here.editor.edit([{ path: ["processes", "etl"] }], "kim", ""), failsWith("CONFLICT", /the port is taken/));
  assert.equal(here.text(), CONFIG);
  assert.deepEqual(here.names(), ["etl", "db"]);
});

test("an edit leaves alone what was written by hand and does not run yet", async () => {
  await using here = await running();
  const byHand = CONFIG.replace("every night", "every day");
  writeFileSync(here.file, byHand);
  await assert.rejects(here.editor.edit([{ path: ["processes", "etl"] }], "kim", ""), failsWith("CONFLICT", /does not run.*dure reload/));
  assert.equal(here.text(), byHand);
  await here.config.reload("kim");
  await here.editor.edit([{ path: ["processes", "etl"] }], "kim", "");
  assert.deepEqual(here.names(), ["db"]);
});

test("a file that was saved as CP949 meanwhile is left as it is", async () => {
  await using here = await running();
  const saved = Buffer.concat([Buffer.from("# "), Buffer.from([0xbf, 0xec, 0xb8, 0xae]), Buffer.from(`\n${CONFIG}`)]);
  writeFileSync(here.file, saved);
  await assert.rejects(here.editor.edit([{ path: ["processes", "etl"] }], "kim", ""), failsWith("CONFLICT", /does not run/));
  assert.deepEqual(readFileSync(here.file), saved);
});

test("of fifty edits that come at once none is lost", async () => {
  await using here = await running(`\uFEFF${CONFIG.replaceAll("\n", "\r\n")}`);
  await Promise.all(Array.from({ length: 50 }, (_, index) => here.editor.edit([{ path: ["processes", `p${index}`], value: `run ${index}` }, { path: ["groups", "all-of-them"], value: ["etl"] }], `user-${index}`, "")));
  assert.deepEqual(here.names().sort(), ["db", "etl", ...Array.from({ length: 50 }, (_, index) => `p${index}`)].sort());
  assert.ok(here.text().startsWith(`\uFEFF${CONFIG.replaceAll("\n", "\r\n")}`));
  assert.doesNotMatch(here.text(), /(?<!\r)\n/);
  assert.deepEqual(new Set(here.revisions.kept.map(({ who }) => who)).size, 51);
});

test("places in lists are those of the config when the turn has come", async () => {
  await using here = await running("processes: { a: x }\nschedules:\n  - { name: one, cron: \"0 1 * * *\", process: a }\n  - { name: two, cron: \"0 2 * * *\", process: a }\n  - { name: three, cron: \"0 3 * * *\", process: a }\n");
  const remove = (name: string) => here.editor.edit(() => [{ path: ["schedules", here.schedules().indexOf(name)] }], "kim", name);
  await Promise.all([remove("one"), remove("two")]);
  assert.deepEqual(here.schedules(), ["three"]);
  await assert.rejects(here.editor.edit(() => { throw new CommandFailure("NOT_FOUND", { message: "gone" }); }, "kim", ""), failsWith("NOT_FOUND", /gone/));
  await here.editor.edit([{ path: ["processes", "b"], value: "y" }], "kim", "the next one has its turn");
});
