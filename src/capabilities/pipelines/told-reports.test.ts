// Whoever is told only what has changed knows as much as one who is told everything.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { PipelineReport } from "./pipelines.ts";
import { newStats } from "./stats.ts";
import { ToldReports, afterNews } from "./told-reports.ts";

interface Doing {
  readonly name: string;
  readonly records: number;
  readonly held: number | undefined;
  readonly reason: string | undefined;
  readonly isGone: boolean;
}

test("told reports: whatever happens to pipelines, what is known after the news is what was reported", () =>
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.record({ name: fc.constantFrom("a", "b", "c"), records: fc.nat(2), held: fc.option(fc.nat(1), { nil: undefined }), reason: fc.option(fc.constantFrom("full", "away"), { nil: undefined }), isGone: fc.boolean() }), { maxLength: 3 }), { maxLength: 12 }),
      (looks) => {
        const told = new ToldReports();
        const fleet = new Map<string, PipelineReport>();
        let known: readonly PipelineReport[] = [];
        for (const doings of looks) {
          for (const doing of doings) act(fleet, doing);
          known = afterNews(known, structuredClone(told.news([...fleet.values()])));
          assert.deepEqual(known, [...fleet.values()]);
        }
      },
    ),
  ));

test("told reports: of pipelines at rest nothing is told, and what is known stays the same object", () => {
  const told = new ToldReports();
  const fleet = ["a", "b"].map((name) => reportOf(name));
  const first = afterNews([], told.news(fleet));
  assert.deepEqual(told.news(fleet), { names: undefined, changed: [] });
  assert.equal(afterNews(first, { names: undefined, changed: [] }), first);

  const [one] = fleet;
  assert.ok(one !== undefined);
  one.stats.recordsIn += 1;
  const second = afterNews(first, told.news(fleet));
  assert.equal(second[0]?.stats.recordsIn, 1);
  assert.equal(first[0]?.stats.recordsIn, 0);
  assert.equal(second[1], first[1]);
});

/** As a data-plane thread does it: a report is new each time, but the counts in it are those that go on counting. */
function act(fleet: Map<string, PipelineReport>, { name, records, held, reason, isGone }: Doing): void {
  if (isGone) return void fleet.delete(name);
  const report = { ...(fleet.get(name) ?? reportOf(name)), buffers: held === undefined ? [] : [{ step: "1:b.Memory", bytes: held, batches: 1 }] };
  report.stats.recordsIn += records;
  if (reason === undefined) delete report.stats.failing["2:out.Null"];
  else report.stats.failing["2:out.Null"] = { sinceMs: 1, reason };
  fleet.set(name, report);
}

function reportOf(name: string): PipelineReport {
  return { name, state: "running", stats: newStats(), memory: { usedBytes: 0, limitBytes: 1 }, buffers: [] };
}
