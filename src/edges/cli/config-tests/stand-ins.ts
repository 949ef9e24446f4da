// What stands in for the input and the outputs of a pipeline while one of its tests runs. They run in the thread of the command, so the
// two meet in this module.
import type { StillClock } from "#base/still-clock.ts";
import { Batch } from "#dataplane/batch.ts";
import { batchOfRecords } from "#dataplane/records.ts";
import type { TestPlan } from "#kernel/config/tests.ts";
import { defineInput, defineOutput, z } from "#sdk/plugin.ts";

export const TEST_INPUT = "in.TestInput";
export const TEST_OUTPUT = "out.TestOutput";

export interface Arrived {
  /** The output's number and name. */
  readonly id: string;
  readonly name: string;
  readonly timeMs: number;
  readonly record: Readonly<Record<string, unknown>>;
}

interface Stage {
  readonly test: TestPlan;
  readonly clock: StillClock;
  readonly arrived: Arrived[];
}

let stage: Stage | undefined;

export function setStage(next: Stage): void {
  stage = next;
}

/** Turns of the event loop until what a moved clock woke has gone its way. */
const TURNS = 40;

const testInput = defineInput({
  name: "TestInput",
  summary: { en: "What a test puts in.", ko: "테스트가 넣는 것." },
  options: z.strictObject({}),
  async open(_, { pool }) {
    const current = stage;
    if (current === undefined) throw new Error("no test is on");
    const { test, clock } = current;
    let next = 0;
    const facts = () => ({ tag: test.tag, seconds: Math.floor(clock.now() / 1000), nanoseconds: (clock.now() % 1000) * 1e6, source: "test" });
    return {
      async read(signal) {
        for (;;) {
          const item = test.input[next];
          if (item === undefined || signal.aborted) return undefined;
          if (typeof item !== "string" && isWait(item)) {
            next += 1;
            await turns();
            clock.advance(item.wait);
            await turns();
            continue;
          }
          const first = next;
          while (next < test.input.length && typeof test.input[next] === typeof item && !isWait(test.input[next])) next += 1;
          const items = test.input.slice(first, next);
          if (typeof item !== "string") return { batch: batchOfRecords(pool, items as Record<string, unknown>[], facts()) };
          const bytes = Buffer.from(items.map((line) => `${String(line)}\n`).join(""));
          const chunk = pool.take(bytes.length);
          chunk.bytes.set(bytes);
          return { batch: Batch.lines(chunk, 0, bytes.length, facts()) };
        }
      },
      async close() {},
    };
  },
});

const testOutput = defineOutput({
  name: "TestOutput",
  summary: { en: "Takes what comes out in a test.", ko: "테스트에서 나온 것을 받습니다." },
  options: z.strictObject({ id: z.string().meta({ description: "The output's number.", ko: "출력의 번호." }), name: z.string().meta({ description: "Its name.", ko: "출력의 이름." }) }),
  async open({ id, name }) {
    return {
      async write(batch) {
        for (let row = 0; row < batch.rows; row += 1) if (batch.isKept(row)) stage?.arrived.push({ id, name, timeMs: batch.timeMs(row), record: batch.record(row) });
      },
      async close() {},
    };
  },
});

export default [testInput, testOutput];

function isWait(item: TestPlan["input"][number] | undefined): item is { readonly wait: number } {
  return typeof item === "object" && Object.keys(item).length === 1 && typeof item["wait"] === "number";
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
