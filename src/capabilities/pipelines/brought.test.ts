// What somebody else brings is written among what the input gives, whatever the faults: once, in the line of the commits, and acked only when
// what its output asked for is on disk.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Clock } from "#base/clock.ts";
import { PermanentError } from "#base/errors.ts";
import type { JsonValue } from "#base/json.ts";
import type { Batch } from "#dataplane/batch.ts";
import type { Input, Log, Output } from "#sdk/plugin.ts";
import { linesBatch, testPool } from "#sdk/testing.ts";
import type { Hatch } from "./brought.ts";
import { deliverer } from "./deliver.ts";
import type { Delivered } from "./deliver.ts";
import { runSegment } from "./segment.ts";
import { newStats } from "./stats.ts";
import { Turn } from "./turn.ts";
import type { Node, OutputNode } from "./way.ts";

const quiet: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const clock: Clock = { now: () => 0, pause: async () => undefined };
const never = new AbortController().signal;
const FROM = 1000;
const numberOf = (batch: Batch): number => Number(batch.record(0)["message"]);

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
};

const delivery = fc.record({ isPartial: fc.boolean(), isBrought: fc.boolean(), slow: fc.nat(9) });
const fault = fc.constantFrom("written", "written", "written", "retry", "refused");

test("brought: written once among the input's own, in the order of the commits, and acked only behind its commit", () =>
  fc.assert(
    fc.asyncProperty(fc.array(delivery, { maxLength: 20 }), fc.array(fault, { maxLength: 30 }), fc.array(fc.boolean(), { maxLength: 10 }), fc.integer({ min: 1, max: 3 }), async (deliveries, faults, commitFaults, concurrency) => {
      const pool = testPool(1 << 20);
      const lines: number[] = [];
      const refused: number[] = [];
      const acked: number[] = [];
      const tooEarly: number[] = [];
      let committedLines = 0;
      let call = 0;
      let commits = 0;
      const output: Output = {
        concurrency,
        async write(batch) {
          const how = faults[call++] ?? "written";
          await turns(numberOf(batch) % 4);
          if (how === "retry") throw new Error("busy");
          if (how === "refused") throw new PermanentError("no");
          lines.push(numberOf(batch));
          return { commit: { out: lines.length } };
        },
        async close() {},
      };
      const stats = newStats();
      const deadLetter = async (batch: Batch): Promise<void> => void refused.push(numberOf(batch));
      const write = deliverer({ step: "3", output, retry: { firstMs: 1, mostMs: 1, attemptsMax: null }, clock, log: quiet, stats, deadLetter });
      const node: OutputNode = { type: "output", step: "3", write, turn: new Turn(concurrency), committed: undefined };
      const slow = { apply: async (batch: Batch) => (await turns(deliveries[numberOf(batch)]?.slow ?? 0), batch) };
      const nodes: Node[] = [{ type: "transform", step: "2", transform: slow, turn: new Turn(1) }, node];
      let unsaved: Record<string, JsonValue> = {};
      const store = {
        commit(changes: Readonly<Record<string, JsonValue>>) {
          unsaved = { ...unsaved, ...changes };
          if (commitFaults[commits++] === true) throw new Error("the disk is full");
          const { out = committedLines, source } = unsaved;
          unsaved = {};
          if (concurrency === 1) assert(committedLines <= Number(out), "a commit never goes back: a file would be cut behind it");
          committedLines = Number(out);
          if (source === undefined || !lines.includes(Number(source))) return; // Of what was refused nothing is written in part.
          assert.notEqual(deliveries[Number(source)]?.isPartial, true, "what is written in part is not committed before the rest");
        },
      };
      const hatch: Hatch = {};
      const outcomes: Promise<Delivered | Error>[] = [];
      let next = 0;
      const input: Input = {
        async read() {
          const given = deliveries[next];
          if (given === undefined) return undefined;
          const index = next++;
          if (given.isBrought) {
            const taken = hatch.take?.({
              batch: linesBatch(pool, `${FROM + index}\n`),
              node,
              leaveOff: never,
              deadLetter,
              async ack() {
                if (concurrency === 1 && committedLines <= lines.indexOf(FROM + index)) tooEarly.push(FROM + index);
                acked.push(FROM + index);
              },
            });
            assert(taken !== undefined);
            outcomes.push(taken.catch((error: Error) => error));
          }
          const isPartial = given.isPartial && index + 1 < deliveries.length;
          return { batch: linesBatch(pool, `${index}\n`), positions: { source: index }, isPartial };
        },
        async close() {},
      };
      // The last one is whole, so that nothing is held back for ever.
      const last = deliveries.at(-1);
      if (last !== undefined) deliveries[deliveries.length - 1] = { ...last, isPartial: false };
      await runSegment({ input, nodes, store, clock, log: quiet, stats, isFirst: true, inFlightMax: 4, hatch }, { drain: never, abort: never });
      assert.deepEqual(tooEarly, [], "acked before it is committed");
      if (concurrency === 1 && !commitFaults.includes(true)) assert.equal(committedLines, lines.length, "the last commit has all that is written");
      const ends = await Promise.all(outcomes);
      assert.equal(hatch.take, undefined, "nobody gets in behind the end");
      const brought = deliveries.flatMap(({ isBrought }, index) => (isBrought ? [FROM + index] : []));
      assert.deepEqual([...lines, ...refused].toSorted((one, other) => one - other), [...deliveries.keys(), ...brought]);
      for (const [index, number] of brought.entries()) {
        const end = ends[index];
        assert(!(end instanceof Error), String(end));
        assert.equal(end?.isDeadLetter === true, refused.includes(number));
        if (refused.includes(number)) assert(!acked.includes(number));
      }
      if (!commitFaults.includes(true)) assert.deepEqual(acked.toSorted((one, other) => one - other), brought.filter((number) => lines.includes(number)));
      assert.equal(pool.usedBytes, 0, "every chunk is given back");
    }),
  ));
