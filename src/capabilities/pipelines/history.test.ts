// The last quarter of an hour, whatever moves and whatever comes and goes: each sample counts what moved since the one before.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { PipelineStatus } from "#kernel/status-file.ts";
import { History } from "./history.ts";

const status = (name: string, recordsIn: number, held = 0): PipelineStatus => ({ name, state: "running", recordsIn, recordsOut: 0, bytesIn: 0, bytesOut: 0, retries: 0, deadLetters: 0, steps: [{ step: "2:buffer.Time", recordsIn, held: { bytes: held, batches: 1 } }] });

test("history: samples are what moved since the one before, and 450 of them are kept", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ moved: fc.nat(1000), held: fc.nat(100) }), { minLength: 2, maxLength: 1000 }), (samples) => {
      const history = new History();
      let total = 0;
      for (const [index, { moved, held }] of samples.entries()) history.add(index + 1, [status("a", (total += moved), held)]);
      const kept = samples.slice(-450);
      const page = history.page({ sinceMs: 0 });
      assert.deepEqual(page.atMs, kept.map((_, index) => samples.length - kept.length + index + 1));
      const [a] = page.pipelines;
      const whole = kept.map(({ moved }, index) => (samples.length <= 450 && index === 0 ? 0 : moved));
      if (a === undefined) assert(kept.every(({ held }, index) => held + (whole[index] ?? 0) === 0));
      else assert.deepEqual([a.recordsIn, a.heldBytes], [whole, kept.map(({ held }) => held)]);
      assert.equal(history.page({ sinceMs: samples.length - 1 }).atMs.length, 1);
    }),
  );
});

test("history: what rests is not kept, and what is gone is forgotten", () => {
  const history = new History();
  for (let at = 1; at < 10; at += 1) history.add(at, [status("rests", 7), status("moves", at)]);
  assert.deepEqual(history.page({ sinceMs: 0 }).pipelines.map(({ name }) => name), ["moves"]);
  assert.deepEqual(history.page({ sinceMs: 0, name: "rests" }).pipelines, []);
  for (let at = 10; at < 500; at += 1) history.add(at, [status("moves", 9)]);
  assert.deepEqual(history.page({ sinceMs: 0 }).pipelines, [], "nothing moved for a quarter of an hour");
  history.add(500, [status("moves", 20)]);
  history.add(501, [status("moves", 3)]);
  assert.deepEqual(history.page({ sinceMs: 499 }).pipelines[0]?.recordsIn, [11, 0], "counts that begin anew are no negative rate");
  history.add(502, []);
  assert.deepEqual(history.page({ sinceMs: 0 }).pipelines, []);
});
