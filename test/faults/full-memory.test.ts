// Pipelines that hold as much as they may: whatever they are made of, they go on.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "#base/clock.ts";
import type { JsonValue } from "#base/json.ts";
import { startPipelines } from "#capabilities/pipelines/pipelines.ts";
import { ChunkMemory } from "#dataplane/memory.ts";
import type { StepPlan } from "#kernel/config/plan.ts";
import { noProcesses } from "#kernel/config/testing.ts";
import { createRegistry } from "#kernel/registry.ts";
import { builtInPlugins } from "#plugins/all.ts";
import { defineInput, defineOutput, z } from "#sdk/plugin.ts";
import { TEST_FACTS, linesBatch } from "#sdk/testing.ts";

const place = { file: "dure.yml", line: 1, column: 1 };
const WITHIN_MS = 60_000;
const ROW_BYTES = 200;
const ROWS = 60;
/** More than the memory holds, in bytes and in chunks. */
const BATCHES = 700;

type Written = readonly [plugin: string, options?: Record<string, unknown>] | { readonly branches: readonly { readonly when: string; readonly steps: readonly Written[] }[] };

/** Runs a pipeline over so many batches of numbered lines until it has ended; gives the numbers that its outputs have, and what was said. */
async function run(steps: readonly Written[], { batches, memoryBytes }: { batches: number; memoryBytes: number }): Promise<{ readonly written: number[]; readonly said: string[]; readonly isOver: boolean; readonly usedBytes: number }> {
  const dir = mkdtempSync(join(tmpdir(), "dure-full-"));
  const written: number[] = [];
  const said: string[] = [];
  const input = defineInput({ name: "Numbers", summary: { en: "x", ko: "x" }, options: z.strictObject({ isTagged: z.boolean().default(false) }), async open({ isTagged }, { pool, committed }) {
    let next = Number(committed("next") ?? 0);
    return {
      async read(signal) {
        if (next === batches) return undefined;
        await pool.room(1 << 17, signal);
        if (signal.aborted) return undefined;
        const first = next * ROWS;
        next += 1;
        const rowBytes = isTagged ? 5 : ROW_BYTES;
        const batch = linesBatch(pool, Array.from({ length: ROWS }, (_each, row) => `${String(first + row).padEnd(rowBytes)}\n`).join(""), isTagged ? { ...TEST_FACTS, tag: `pod-${next}` } : TEST_FACTS);
        return { batch, positions: { next } };
      },
      async close() {},
    };
  } });
  const output = defineOutput({ name: "Collect", summary: { en: "x", ko: "x" }, options: z.strictObject({}), open: async () => ({
    async write(batch) {
      for (let row = 0; row < batch.rows; row += 1) if (batch.isKept(row)) written.push(Number.parseInt(String(batch.record(row)["message"]), 10));
    },
    async close() {},
  }) });
  const registry = createRegistry({ ...builtInPlugins, "in.Numbers": { load: async () => input }, "out.Collect": { load: async () => output } });
  const planOf = async (list: readonly Written[], prefix: string): Promise<StepPlan[]> => Promise.all(list.map(async (step, index): Promise<StepPlan> => {
    const id = `${prefix}${index + 1}`;
    if ("branches" in step) return { type: "route", id, place, branches: await Promise.all(step.branches.map(async ({ when, steps: inside }, nth) => ({ when, isContinued: false, steps: await planOf(inside, `${id}.${nth + 1}.`) }))) };
    const plugin = await registry.load(step[0]);
    return { type: "plugin", id, plugin: step[0], options: plugin.options.parse(step[1] ?? {}) as JsonValue, place };
  }));
  try {
    const memory = new ChunkMemory({ bytesMax: memoryBytes });
    const note = (message: string, fields?: Record<string, unknown>): void => void said.push(`${message} ${String(fields?.["error"] ?? "")}`);
    const abort = new AbortController();
    const pipelines = startPipelines(
      {
        plan: { configFile: join(dir, "dure.yml"), configDir: dir, dataDir: join(dir, "data"), pidFile: join(dir, "pid"), log: { file: null, level: "info", fileBytesMax: 1, filesMax: 1 }, threads: 1, memoryBytesMax: memoryBytes, drainMs: 1000, isWatched: false, http: null, store: { type: "sqlite", file: "none" }, pluginFiles: [], filesRead: [], processes: noProcesses(), pipelines: [{ name: "p", steps: await planOf(steps, ""), retry: { firstMs: 1, mostMs: 5, attemptsMax: null }, place }] },
        names: ["p"], memory, plugin: (name) => registry.load(name), clock: systemClock, log: { debug() {}, info() {}, warn: note, error: note }, mode: "run", onState() {},
      },
      { drain: abort.signal, abort: abort.signal },
    );
    const late = AbortSignal.timeout(WITHIN_MS);
    const isOver = await Promise.race([pipelines.ended.then(() => true), new Promise<boolean>((resolve) => late.addEventListener("abort", () => resolve(false)))]);
    abort.abort();
    await pipelines.ended;
    const rest = memory.allocate(memoryBytes - 64);
    return { written, said, isOver, usedBytes: rest === undefined ? 1 : 0 };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const SHAPES: Readonly<Record<string, readonly Written[]>> = {
  "very many branches, each with a buffer that waits for its lines": [["in.Numbers"], { branches: Array.from({ length: 32 }, (_, nth) => ({ when: `Number(r.message) % 32 === ${nth}`, steps: [["buffer.Lines", { lines: 1_000_000 }], ["out.Collect"]] as const })) }],
  "many tags, each with a few lines": [["in.Numbers", { isTagged: true }], ["buffer.Lines", { lines: 1_000_000 }], ["out.Collect"]],
  "many tags, each with a few lines, on disk": [["in.Numbers", { isTagged: true }], ["buffer.Lines", { lines: 1_000_000, storage: "disk" }], ["out.Collect"]],
  "some branches, each with a buffer that waits for its lines": [["in.Numbers"], { branches: Array.from({ length: 6 }, (_, nth) => ({ when: `Number(r.message) % 6 === ${nth}`, steps: [["buffer.Lines", { lines: 1_000_000 }], ["out.Collect"]] as const })) }],
  "several buffers behind each other": [["in.Numbers"], ...Array.from({ length: 5 }, (_, nth) => ["buffer.Lines", { lines: 1_000_000 + nth }] as const), ["out.Collect"]],
  "parsed, and held for their lines": [["in.Numbers"], ["parse.Regex", { pattern: "^(?<message>\\d+) *$" }], ["buffer.Lines", { lines: 1_000_000, max_bytes: "100KB" }], ["filter.Map", { set: { more: "'가'.repeat(20)" } }], ["buffer.Lines", { lines: 1_000_000, max_bytes: "100KB" }], ["out.Collect"]],
  "by tag, and on disk": [["in.Numbers"], { branches: [{ when: "Number(r.message) % 2 === 0", steps: [["buffer.Lines", { lines: 1_000_000, storage: "disk", timeout: "0s" }], ["out.Collect"]] }] }, ["buffer.Lines", { lines: 1_000_000 }], ["out.Collect"]],
};
for (const [what, steps] of Object.entries(SHAPES)) {
  test(`memory that is full stops nothing: ${what}`, { timeout: 240_000 }, async () => {
    const { written, said, isOver, usedBytes } = await run(steps, { batches: BATCHES, memoryBytes: 2 << 20 });
    assert.equal(isOver, true, `it has ended; ${written.length} are written; ${said.join("; ")}`);
    assert.deepEqual(written.toSorted((one, other) => one - other), Array.from({ length: BATCHES * ROWS }, (_, number) => number));
    assert.deepEqual(said.filter((message) => !message.startsWith("buffer is full before its lines")), []);
    assert.equal(usedBytes, 0);
  });
}
