// Every built-in filter keeps what all filters promise. One without an arrangement fails.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { filterConformance } from "#sdk/conformance/filter.ts";
import type { FilterUnderTest } from "#sdk/conformance/filter.ts";
import { passedWithoutMemory } from "#sdk/conformance/stream.ts";
import type { StepPlugin } from "#sdk/conformance/stream.ts";
import type { TransformPlugin } from "#sdk/plugin.ts";
import { TEST_FACTS, recordsBatch } from "#sdk/testing.ts";
import { builtInPlugins } from "#plugins/all.ts";

const dir = mkdtempSync(join(tmpdir(), "dure-conformance-"));
after(() => rmSync(dir, { recursive: true, force: true }));
writeFileSync(join(dir, "hosts.csv"), "host,team\nweb-1,결제\n");

const given = [
  { host: "web-1", status: 200, path: "/가", nested: { a: [1, null] } },
  { host: "web-2", status: 503, path: "/나", slow: true },
  { status: 500 },
  { host: "web-1", message: "주문 실패", path: "" },
];
const [first, second, third, fourth] = given;
const isoOf = (seconds: number): string => new Date(seconds * 1000).toISOString();
const windowAt = Math.floor(TEST_FACTS.seconds / 10) * 10;

const ARRANGED: Readonly<Record<string, Omit<FilterUnderTest, "plugin" | "given">>> = {
  "filter.Aggregate": { options: { every: "10s", aggregates: { count: true, status: { sum: "status" } } }, left: [{ window_start: isoOf(windowAt), window_end: isoOf(windowAt + 10), count: 4, status: 1203 }] },
  "filter.Dedupe": { options: { key: "host", window: "10s" }, left: [first, second, third] as never },
  "filter.Drop": { options: { fields: ["path", "sl*"] }, left: [{ host: "web-1", status: 200, nested: { a: [1, null] } }, { host: "web-2", status: 503 }, { status: 500 }, { host: "web-1", message: "주문 실패" }] },
  "filter.Grep": { options: { include: { status: "^5" }, exclude: { path: "나" } }, left: [third] as never },
  "filter.Keep": { options: { fields: ["host", "sl*"] }, left: [{ host: "web-1" }, { host: "web-2", slow: true }, {}, { host: "web-1" }] },
  "filter.Lookup": { options: { table: "hosts.csv", key: "host", add: ["team"] }, configDir: dir, left: [{ ...first, team: "결제" }, second, third, { ...fourth, team: "결제" }] as never },
  "filter.Map": { options: { set: { class: "r.status === undefined ? undefined : Math.floor(r.status / 100)" }, rename: { path: "경로" }, remove: ["slow"] }, left: [{ host: "web-1", status: 200, 경로: "/가", nested: { a: [1, null] }, class: 2 }, { host: "web-2", status: 503, 경로: "/나", class: 5 }, { status: 500, class: 5 }, { host: "web-1", message: "주문 실패", 경로: "" }] },
  "filter.Mask": { options: { kinds: [], patterns: [{ pattern: "주문" }] }, left: [first, second, third, { ...fourth, message: "*** 실패" }] as never },
  "filter.Reform": { options: { write: { from: "${tag}-${record[status]}" }, delete: ["path"] }, left: [{ host: "web-1", status: 200, nested: { a: [1, null] }, from: "test-200" }, { host: "web-2", status: 503, slow: true, from: "test-503" }, { status: 500, from: "test-500" }, { host: "web-1", message: "주문 실패", from: "test-" }] },
  "filter.Rename": { options: { fields: { path: "경로", "st*": "http_*" } }, left: [{ host: "web-1", http_atus: 200, 경로: "/가", nested: { a: [1, null] } }, { host: "web-2", http_atus: 503, 경로: "/나", slow: true }, { http_atus: 500 }, { host: "web-1", message: "주문 실패", 경로: "" }] },
  "filter.Sample": { options: { one_in: 1 }, left: given },
  "filter.Throttle": { options: { rate: "2/h" }, left: [first, second] as never },
  "filter.Where": { options: { expression: "r.status >= 500" }, left: [second, third] as never },
};

for (const [name, { load }] of Object.entries(builtInPlugins)) {
  if (!name.startsWith("filter.")) continue;
  const arranged = ARRANGED[name];
  if (arranged === undefined) test(`${name} conforms`, () => assert.fail(`${name} has no arrangement: write one in this file`));
  else filterConformance({ plugin: (await load()) as unknown as StepPlugin, given, ...arranged });
}

/** These leave records out, and then make new ones of what is left: what was drawn, looked up or remembered is not to be so twice. */
const IN_TWO_STEPS: readonly (readonly [name: "filter.Lookup" | "filter.Sample", options: object])[] = [
  ["filter.Sample", { rate: 0.5, seed: 7, rate_field: "rate" }],
  ["filter.Lookup", { table: "hosts.csv", key: "host", missing: "drop" }],
];
for (const [name, options] of IN_TWO_STEPS) {
  test(`${name} with ${JSON.stringify(options)} does the same once there is memory`, async () => {
    const plugin = (await builtInPlugins[name].load()) as unknown as TransformPlugin;
    await passedWithoutMemory(plugin, options, (pool) => [recordsBatch(pool, [...given, ...given]), recordsBatch(pool, given)], dir);
  });
}
