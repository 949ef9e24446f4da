import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { attemptsOf } from "./attempts.ts";
import { waterfallOf } from "./waterfall.ts";

const mark = (atMs: number, kind = "mark", attempt = 1) => ({ atMs, kind, attempt });

test("waterfall: a night in the queue is folded, the second of work is wide", () => {
  const night = 8 * 3_600_000;
  const { spans, folds } = waterfallOf([mark(0, "queued"), mark(night, "started"), mark(night + 600, "loaded"), mark(night + 1000, "succeeded")], night + 1000);
  assert.equal(folds.length, 1);
  assert.equal(folds[0]?.lastsMs, night);
  assert.ok((spans[1]?.to ?? 0) - (spans[1]?.from ?? 0) > 0.5, JSON.stringify(spans));
});

test("waterfall: what is about as long is drawn as long as it is", () => {
  const { folds, spans } = waterfallOf([mark(0), mark(100), mark(250)], 400);
  assert.deepEqual(folds, []);
  assert.deepEqual(spans.map(({ from, to }) => [from, to]), [[0, 0.25], [0.25, 0.625], [0.625, 1]]);
});

test("waterfall: progress is one mark, and what it printed is none", () => {
  const { spans } = waterfallOf([mark(0, "started"), mark(1, "progress"), mark(2, "progress"), mark(3, "log"), mark(4, "succeeded")], 4);
  assert.deepEqual(spans.map(({ mark: { kind }, count }) => [kind, count]), [["started", 1], ["progress", 2], ["succeeded", 1]]);
});

test("waterfall: whatever the marks, they lie in order within the line", () =>
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(1000), fc.nat(1e9), fc.nat(1e13)).map((atMs) => mark(atMs))), fc.nat(1e13), (marks, until) => {
      const { spans, folds } = waterfallOf(marks, until);
      let last = 0;
      for (const { from, to, lastsMs } of spans) {
        assert.ok(0 <= from && from <= to && to <= 1.0000001 && last <= from + 1e-9 && 0 <= lastsMs, JSON.stringify({ from, to, last }));
        last = from;
      }
      for (const { from, to } of folds) assert.ok(from < to);
    }),
  ));

test("attempts: each ends once, also where only its end is kept", () => {
  const marks = [mark(0, "queued"), mark(3, "failed"), mark(3, "retry", 2), { ...mark(9, "started", 2), text: "host/1" }, mark(12, "lost", 2), mark(13, "started", 2), mark(20, "succeeded", 2), mark(30, "replayed", 2)];
  assert.deepEqual(attemptsOf(marks).map(({ number, startedMs, worker, end }) => [number, startedMs, worker, end?.kind, end?.atMs]), [
    [1, undefined, undefined, "failed", 3],
    [2, 9, "host/1", "lost", 12],
    [2, 13, undefined, "succeeded", 20],
  ]);
});
