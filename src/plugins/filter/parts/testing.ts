// What tests of filters need: batches of each form, and what a filter makes of one, as records and as JSON.
import assert from "node:assert/strict";
import type { Batch, Facts } from "#dataplane/batch.ts";
import type { TransformPlugin } from "#sdk/plugin.ts";
import { linesBatch, recordsOf, testContext, testPool } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { regex } from "../../parse/regex.ts";

export const pool = testPool();
export const { signal } = new AbortController(); // Nobody aborts: what hangs is ended by the time limit of the run.

export type Records = Record<string, unknown>[];

/** What the filter leaves of one batch; all memory came back. */
export async function filtered(plugin: TransformPlugin, options: unknown, batch: Batch, given?: TestContext): Promise<Records> {
  await using own = given === undefined ? await testContext({ pool }) : undefined;
  const context = given ?? own;
  assert.ok(context !== undefined);
  const filter = await plugin.open(plugin.options.parse(options), context);
  const result = await filter.apply(batch, signal);
  const records = taken(result);
  await filter.close?.();
  return records;
}

/** The records of a batch, which says the same as JSON and as entries; it is released. */
export function taken(batch: Batch | undefined): Records {
  if (batch === undefined) return [];
  const records = recordsOf(batch);
  const json = batch.json({ key: "", offsetMinutes: 0, digits: 0 });
  assert.deepEqual(json.bytes.toString().split("\n").slice(0, -1).map((line): unknown => JSON.parse(line)), JSON.parse(JSON.stringify(records)));
  json.release();
  batch.entries().release();
  batch.release();
  return records;
}

/** Lines parsed into fields by a pattern. */
export async function fieldsBatch(text: string | Buffer, pattern: string, types: object = {}, facts?: Facts): Promise<Batch> {
  await using context = await testContext({ pool });
  const parse = await regex.open(regex.options.parse({ pattern, types }), context);
  const batch = await parse.apply(linesBatch(pool, text, facts), signal);
  await parse.close?.();
  assert.ok(batch !== undefined);
  return batch;
}

/** What is said of options that are wrong: path, English and Korean of the first problem. */
export function problemOf(plugin: TransformPlugin, options: unknown): { path: string; en: string; ko: string } {
  const issue = plugin.options.safeParse(options).error?.issues[0];
  assert.ok(issue !== undefined, "the options are wrong");
  return { path: issue.path.join("."), en: issue.message, ko: String((issue as { params?: { ko?: unknown } }).params?.ko ?? "") };
}
