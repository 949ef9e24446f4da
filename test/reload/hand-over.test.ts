// Pipelines that are replaced while records pass, whatever the two look like: every record is written once, what did not change stays open,
// and a change that fails leaves all as it was.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { Bell } from "#base/bell.ts";
import { systemClock } from "#base/clock.ts";
import type { JsonValue } from "#base/json.ts";
import { startPipelines } from "#capabilities/pipelines/pipelines.ts";
import type { Pipelines } from "#capabilities/pipelines/pipelines.ts";
import { ChunkMemory } from "#dataplane/memory.ts";
import type { AgentPlan, PipelinePlan, StepPlan } from "#kernel/config/plan.ts";
import { noProcesses } from "#kernel/config/testing.ts";
import { createRegistry } from "#kernel/registry.ts";
import { builtInPlugins } from "#plugins/all.ts";
import { defineFilter, defineInput, defineOutput, z } from "#sdk/plugin.ts";
import type { Log } from "#sdk/plugin.ts";
import { linesBatch } from "#sdk/testing.ts";
import { until } from "../cli/run-dure.ts";

const place = { file: "dure.yml", line: 1, column: 1 };
const MEMORY = new ChunkMemory({ bytesMax: 64 << 20 });
const DRAIN_MS = 10_000;

/** Numbers as lines, from behind the committed one up to what is wanted; and what becomes of them. */
class World {
  wanted = 0;
  given = 0;
  readonly bell = new Bell();
  /** By path: as a file has them, behind what was committed cut off at each opening. */
  readonly written = new Map<string, number[]>();
  readonly opened = new Map<string, number>();
  readonly closed = new Map<string, number>();
  isStuck = false;
  readonly dir = mkdtempSync(join(tmpdir(), "dure-hand-over-"));
  readonly said: string[] = [];

  count(where: Map<string, number>, what: string): void {
    where.set(what, (where.get(what) ?? 0) + 1);
  }

  want(more: number): void {
    this.wanted += more;
    this.bell.ring();
  }
}

function registryOf(world: World) {
  const numbers = defineInput({
    name: "Numbers",
    summary: { en: "x", ko: "x" },
    options: z.strictObject({ label: z.string().default("") }),
    async open(_, { pool, committed }) {
      world.count(world.opened, "in");
      let next = Number(committed("next") ?? 0);
      return {
        async read(signal) {
          while (next === world.wanted) {
            if (signal.aborted) return undefined;
            await world.bell.rung(signal);
          }
          await pool.room(1 << 16, signal);
          if (signal.aborted) return undefined;
          const first = next;
          next = Math.min(world.wanted, first + 1 + (first % 7));
          world.given = Math.max(world.given, next);
          const batch = linesBatch(pool, Array.from({ length: next - first }, (_each, row) => `${first + row}\n`).join(""));
          return { batch, positions: { next } };
        },
        close: async () => world.count(world.closed, "in"),
      };
    },
  });
  const pass = defineFilter({
    name: "Pass",
    summary: { en: "x", ko: "x" },
    options: z.strictObject({ label: z.number() }),
    async open({ label }) {
      world.count(world.opened, `pass ${label}`);
      return { apply: (batch) => batch };
    },
  });
  const collect = defineOutput({
    name: "Collect",
    summary: { en: "x", ko: "x" },
    options: z.strictObject({ path: z.string(), label: z.number() }),
    async open({ path, label }, { committed }) {
      world.count(world.opened, `out ${path} ${label}`);
      const lines = world.written.get(path) ?? [];
      lines.length = Number(committed(`out:${path}`) ?? 0);
      world.written.set(path, lines);
      return {
        async write(batch, signal) {
          if (world.isStuck && label === 0) await new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener("abort", () => resolve())));
          if (signal.aborted) throw new Error("given up");
          for (let wait = 0; wait < lines.length % 3; wait += 1) await new Promise(setImmediate);
          for (let row = 0; row < batch.rows; row += 1) if (batch.isKept(row)) lines.push(Number(batch.record(row)["message"]));
          return { commit: { [`out:${path}`]: lines.length } };
        },
        close: async () => world.count(world.closed, `out ${path} ${label}`),
      };
    },
  });
  const broken = defineOutput({ name: "Broken", summary: { en: "x", ko: "x" }, options: z.strictObject({}), open: () => Promise.reject(new Error("no luck")) });
  const stubborn = defineOutput({ name: "Stubborn", summary: { en: "x", ko: "x" }, options: z.strictObject({}), open: async () => ({ write: () => Promise.reject(new Error("no luck")), close: () => Promise.reject(new Error("no luck")) }) });
  return createRegistry({
    ...builtInPlugins,
    "in.Numbers": { load: async () => numbers },
    "filter.Pass": { load: async () => pass },
    "out.Collect": { load: async () => collect },
    "out.Broken": { load: async () => broken },
    "out.Stubborn": { load: async () => stubborn },
  });
}

type Written = readonly [plugin: string, options?: Record<string, unknown>] | { readonly when: string; readonly steps: readonly Written[] } | { readonly failover: readonly Written[] };

async function pipelineOf(world: World, steps: readonly Written[]): Promise<PipelinePlan> {
  const registry = registryOf(world);
  const planOf = async (list: readonly Written[], prefix: string): Promise<StepPlan[]> => {
    const plans: StepPlan[] = [];
    for (const [index, step] of list.entries()) {
      const id = `${prefix}${index + 1}`;
      if ("when" in step) plans.push({ type: "route", id, place, branches: [{ when: step.when, isContinued: false, steps: await planOf(step.steps, `${id}.1.`) }] });
      else if ("failover" in step) plans.push({ type: "failover", id, place, outputs: await planOf(step.failover, `${id}.`), startBy: "ordered", recheckMs: 10 });
      else {
        const plugin = await registry.load(step[0]);
        plans.push({ type: "plugin", id, plugin: step[0], options: plugin.options.parse(step[1] ?? {}) as JsonValue, place });
      }
    }
    return plans;
  };
  return { name: "p", steps: await planOf(steps, ""), retry: { firstMs: 1, mostMs: 5, attemptsMax: null }, place };
}

interface Running {
  replace(steps: readonly Written[]): Promise<string | undefined>;
  pipelines: Pipelines;
  end(): Promise<void>;
}

async function start(world: World, steps: readonly Written[], drainMs = DRAIN_MS): Promise<Running> {
  const log: Log = { debug() {}, info() {}, warn: (message) => void world.said.push(message), error: (message) => void world.said.push(message) };
  const planOf = async (given: readonly Written[]): Promise<AgentPlan> => ({
    configFile: join(world.dir, "dure.yml"), configDir: world.dir, dataDir: join(world.dir, "data"), pidFile: join(world.dir, "pid"),
    log: { file: null, level: "info", fileBytesMax: 1, filesMax: 1 }, threads: 1, memoryBytesMax: 64 << 20, drainMs, isWatched: false, http: null, store: { type: "sqlite", file: "none" }, pipelines: [await pipelineOf(world, given)], pluginFiles: [], filesRead: [], processes: noProcesses(),
  });
  const registry = registryOf(world);
  const drain = new AbortController();
  const pipelines = startPipelines({ plan: await planOf(steps), names: ["p"], memory: MEMORY, plugin: (name) => registry.load(name), clock: systemClock, log, mode: "run", onState() {} }, { drain: drain.signal, abort: new AbortController().signal });
  return {
    pipelines,
    replace: async (next) => pipelines.replace({ plan: await planOf(next), put: ["p"], remove: [] }),
    async end() {
      drain.abort();
      await pipelines.ended;
    },
  };
}

function assertOnce(world: World): void {
  const all = [...world.written].filter(([path]) => path !== "beside").flatMap(([, numbers]) => numbers);
  assert.deepEqual(all.toSorted((one, other) => one - other), Array.from({ length: world.given }, (_, number) => number));
}

async function inWorld(work: (world: World) => Promise<void>): Promise<void> {
  const world = new World();
  try {
    await work(world);
  } finally {
    rmSync(world.dir, { recursive: true, force: true });
  }
}

const shape = fc
  .record({
    label: fc.constantFrom("", "", "", "other"),
    pass: fc.option(fc.nat(1)),
    beside: fc.option(fc.nat(1)),
    buffer: fc.option(fc.record({ lines: fc.constantFrom(5, 1_000), storage: fc.constant("memory") })),
    route: fc.option(fc.record({ when: fc.constantFrom("Number(r.message) % 3 === 0", "Number(r.message) % 2 === 0"), lines: fc.option(fc.constantFrom(4, 1_000)), label: fc.nat(1) })),
    path: fc.constantFrom("a", "b"),
    out: fc.nat(1),
    isBroken: fc.constantFrom(false, false, false, true),
  })
  .map(({ label, pass, beside, buffer, route, path, out, isBroken }): Written[] => [
    ["in.Numbers", { label }],
    ...(pass === null ? [] : [["filter.Pass", { label: pass }] as const]),
    ...(beside === null ? [] : [["out.Collect", { path: "beside", label: beside }] as const]),
    ...(route === null ? [] : [{ when: route.when, steps: [...(route.lines === null || buffer !== null ? [] : [["buffer.Lines", { lines: route.lines }] as const]), ["out.Collect", { path: "branch", label: route.label }] as const] }]),
    ...(buffer === null ? [] : [["buffer.Lines", buffer] as const]),
    ["out.Collect", { path, label: out }],
    ...(isBroken ? [["out.Broken"] as const] : []),
  ]);

test("hand-over: whatever a pipeline and those that replace it look like, each record is written once", { timeout: 120_000 }, () =>
  fc.assert(
    fc.asyncProperty(shape.filter((steps) => steps.every((step) => !(Array.isArray(step) && step[0] === "out.Broken"))), fc.array(fc.record({ to: shape, before: fc.nat(40), during: fc.nat(40) }), { minLength: 1, maxLength: 5 }), fc.boolean(), (first, changes, isDisk) =>
      inWorld(async (world) => {
        // What lies in a disk buffer that no step reads any more stays there: so all have one, or none.
        const withStorage = (steps: readonly Written[]): readonly Written[] => (isDisk ? [...steps.filter((step) => Array.isArray(step) && step[0] !== "buffer.Lines").slice(0, -1), ["buffer.Lines", { lines: steps.length, storage: "disk", timeout: "0s" }], ...steps.slice(-1)] : steps);
        const running = await start(world, withStorage(first));
        for (const { to, before, during } of changes) {
          world.want(before);
          for (let turn = 0; turn < before; turn += 1) await new Promise(setImmediate);
          const replaced = running.replace(withStorage(to));
          world.want(during);
          const problem = await replaced;
          const isBroken = to.some((step) => Array.isArray(step) && step[0] === "out.Broken");
          assert.equal(problem !== undefined, isBroken, problem ?? "it was to fail");
        }
        const writtenCount = (): number => [...world.written].reduce((sum, [path, numbers]) => sum + (path === "beside" ? 0 : numbers.length), 0);
        await until(() => world.given === world.wanted && (!isDisk || writtenCount() === world.wanted), "all is read, and out of the disk buffer");
        await running.end();
        assertOnce(world);
        const beside = world.written.get("beside") ?? [];
        assert.equal(new Set(beside).size, beside.length, "an output before the others has nothing twice");
      }),
    ),
    { numRuns: Number(process.env["DURE_RUNS"] ?? 40), endOnFailure: true },
  ));

test("hand-over: what did not change stays open; what a roll-back needs, too", () =>
  inWorld(async (world) => {
    const steps = (label: number, more: readonly Written[] = []): Written[] => [["in.Numbers"], ["filter.Pass", { label: 0 }], ["buffer.Lines", { lines: 1_000 }], ["out.Collect", { path: "a", label }], ...more];
    const running = await start(world, steps(0));
    world.want(50);
    await until(() => world.given === 50, "all is read");
    for (let label = 1; label <= 5; label += 1) assert.equal(await running.replace(steps(label)), undefined);
    assert.match((await running.replace(steps(6, [["out.Broken"]]))) ?? "", /no luck/);
    assert.deepEqual([world.opened.get("in"), world.closed.get("in"), world.opened.get("pass 0")], [1, undefined, 1]);
    assert.deepEqual(world.written.get("a"), [], "the buffer in memory holds it all");
    assert.deepEqual([world.opened.get("out a 5"), world.opened.get("out a 6")], [2, 1], "the output before was opened again");
    await running.end();
    assertOnce(world);
    assert.equal(world.closed.get("in"), 1);
  }));

test("hand-over: of a failover of which one output cannot be opened, or fails to close, none stays open", () =>
  inWorld(async (world) => {
    const running = await start(world, [["in.Numbers"], ["out.Collect", { path: "a", label: 0 }]]);
    const [one, other]: readonly [Written, Written] = [["out.Collect", { path: "a", label: 1 }], ["out.Collect", { path: "b", label: 1 }]];
    assert.match((await running.replace([["in.Numbers"], { failover: [one, other, ["out.Broken"]] }])) ?? "", /no luck/);
    assert.deepEqual([world.opened.get("out a 1"), world.opened.get("out b 1"), world.closed.get("out a 1"), world.closed.get("out b 1")], [1, 1, 1, 1]);
    assert.equal(await running.replace([["in.Numbers"], { failover: [["out.Stubborn"], one, other] }]), undefined);
    await running.end();
    assert.deepEqual([world.closed.get("out a 1"), world.closed.get("out b 1")], [2, 2]);
    assert.ok(world.said.includes("a step did not close cleanly"));
  }));

test("hand-over: only how often a write is tried again changed: nothing is opened", () =>
  inWorld(async (world) => {
    const running = await start(world, [["in.Numbers"], ["out.Collect", { path: "a", label: 0 }]]);
    world.want(20);
    assert.equal(await running.replace([["in.Numbers"], ["out.Collect", { path: "a", label: 0 }]]), undefined);
    await until(() => world.given === 20, "all is read");
    await running.end();
    assertOnce(world);
    assert.deepEqual([...world.opened.values()], [1, 1]);
  }));

test("hand-over: where the drain takes too long all is opened anew, behind what was committed", () =>
  inWorld(async (world) => {
    const running = await start(world, [["in.Numbers"], ["out.Collect", { path: "a", label: 0 }]], 100);
    world.want(10);
    await until(() => world.written.get("a")?.length === 10, "all is written");
    world.isStuck = true;
    world.want(30);
    await until(() => 10 < world.given, "some of it is under way");
    const replaced = running.replace([["in.Numbers"], ["out.Collect", { path: "a", label: 1 }]]);
    assert.equal(await replaced, undefined);
    await until(() => world.written.get("a")?.length === 40, "the rest is written");
    await running.end();
    assertOnce(world);
    assert.equal(world.opened.get("in"), 2);
  }));
