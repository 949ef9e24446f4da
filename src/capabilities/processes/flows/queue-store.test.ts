import assert from "node:assert/strict";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { systemClock } from "#base/clock.ts";
import type { EventQueue, Taken } from "./event-queue.ts";
import { endOfLines } from "./line-bytes.ts";
import { QueueStore } from "./queue-store.ts";

const BOUNDS = { eventsMax: 1000, bytesMax: 1 << 20 };
const KEYS = ["own:가", "own:b", "shared:b"] as const;
/** So small that a file is begun anew every few steps. */
const FILE_BYTES_MIN = 600;

type Deed =
  | { readonly do: "put"; readonly into: readonly number[]; readonly lines: readonly string[] }
  | { readonly do: "take"; readonly of: number; readonly eventsMax: number }
  | { readonly do: "done" | "failed"; readonly which: number; readonly lines: readonly string[] }
  | { readonly do: "clear"; readonly of: number }
  | { readonly do: "drop"; readonly of: number }
  | { readonly do: "reopen" };

const text = fc.oneof(fc.constantFrom("", "a", "가나다", "x".repeat(300)), fc.string({ maxLength: 20 }).map((line) => line.replaceAll("\n", " ")));
const lines = fc.array(text, { minLength: 1, maxLength: 8 });
const queue = fc.nat({ max: KEYS.length - 1 });
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("put" as const), into: fc.uniqueArray(queue, { minLength: 1 }), lines }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("take" as const), of: queue, eventsMax: fc.constantFrom(1, 3, Infinity) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom("done" as const, "failed" as const), which: fc.nat({ max: 5 }), lines }) },
  { weight: 1, arbitrary: fc.oneof(fc.record({ do: fc.constant("clear" as const), of: queue }), fc.record({ do: fc.constant("drop" as const), of: queue })) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reopen" as const) }) },
);

/** A queue goes in the very step that begins another file. */
const DROPPED_AT_A_TURN: Deed[] = [{ do: "put", into: [0], lines: ["x".repeat(300)] }, { do: "reopen" }, { do: "put", into: [0], lines: ["x".repeat(300)] }, { do: "drop", of: 0 }, { do: "put", into: [0], lines: [""] }];

class Bench {
  readonly dir = fs.mkdtempSync(join(tmpdir(), "dure-journal-"));
  readonly warnings: string[] = [];
  store = this.open(this.dir);
  taken: { readonly queue: EventQueue; readonly taken: Taken }[] = [];
  /** The newest file as it was after each step, and what was held then. */
  readonly moments: { readonly file: string; readonly content: Buffer; readonly state: string }[] = [];

  open(dir: string): QueueStore {
    const say = (message: string): void => void this.warnings.push(message);
    return new QueueStore({ dir, clock: systemClock, log: { debug() {}, info() {}, warn: say, error: say }, fileBytesMin: FILE_BYTES_MIN });
  }

  async do(one: Deed): Promise<void> {
    if (one.do === "reopen") {
      await this.store.close();
      this.store = this.open(this.dir);
      this.taken = [];
    } else if (one.do === "put") this.store.commit({ put: this.#put(one.into, one.lines) });
    else if (one.do === "take") {
      const from = this.queue(one.of);
      const taken = from.take(one.eventsMax, 1000);
      if (taken !== undefined) this.taken.push({ queue: from, taken });
      return;
    } else if (one.do === "clear") this.store.clear(this.queue(one.of));
    else if (one.do === "drop") {
      const gone = this.queue(one.of);
      this.taken = this.taken.filter((other) => other.queue !== gone);
      this.store.drop(gone.key);
    } else {
      const [chosen] = this.taken.splice(one.which % Math.max(1, this.taken.length), 1);
      if (chosen === undefined) return;
      if (one.do === "done") this.store.commit({ done: chosen, put: this.#put([1], one.lines) });
      else this.store.commit({ failed: { ...chosen, failures: chosen.taken.count === 1 ? chosen.taken.failures + 1 : 0 } });
    }
    const file = fs.readdirSync(this.dir).filter((name) => name.startsWith("journal")).sort().at(-1) as string;
    this.moments.push({ file, content: fs.readFileSync(join(this.dir, file)), state: stateOf(this.store) });
  }

  queue(index: number): EventQueue {
    return this.store.queue(KEYS[index] as string, BOUNDS);
  }

  #put(into: readonly number[], texts: readonly string[]) {
    return { queues: into.map((index) => this.queue(index)), bytes: Buffer.from(texts.map((line) => `${line}\n`).join("")), count: texts.length };
  }
}

/** All events that are held, with their numbers and failures; queues without any do not count. */
function stateOf(store: QueueStore): string {
  const all = store.keys().toSorted().map((key) => {
    const held = store.queue(key, BOUNDS);
    const events = held.held().flatMap(({ firstSeq, count, bytes }) => {
      const starts = Array.from({ length: count }, (_, index) => endOfLines(bytes, 0, index));
      return starts.map((start, index) => [firstSeq + index, bytes.toString("utf8", start, endOfLines(bytes, start, 1)), held.failures().get(firstSeq + index) ?? 0]);
    });
    return [key, events] as const;
  });
  return JSON.stringify(all.filter(([, events]) => 0 < events.length));
}

test("wherever a killed agent stopped writing, the next one finds what was committed, whole steps and in their order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(deed, { minLength: 1, maxLength: 40 }), fc.nat(), fc.nat(), async (deeds, whichFile, cut) => {
      const bench = new Bench();
      const after = fs.mkdtempSync(join(tmpdir(), "dure-journal-"));
      try {
        for (const one of deeds) await bench.do(one);
        await bench.store.close();
        if (bench.moments.length === 0) return;
        const files = [...new Set(bench.moments.map(({ file }) => file))];
        const at = whichFile % files.length;
        const ofFile = (index: number) => bench.moments.filter(({ file }) => file === files[index]);
        const last = ofFile(at).at(-1)?.content as Buffer;
        const before = ofFile(at - 1).at(-1);
        // The file before is there as long as the present one may not be on the disk.
        if (before !== undefined) fs.writeFileSync(join(after, before.file), before.content);
        const first = before === undefined ? (ofFile(at)[0]?.content.length ?? 0) : 0;
        const length = first + (cut % (last.length - first + 1));
        fs.writeFileSync(join(after, files[at] as string), last.subarray(0, length));
        const expected = ofFile(at).findLast(({ content }) => content.length <= length)?.state ?? before?.state;
        const reopened = bench.open(after);
        assert.equal(stateOf(reopened), expected);
        // What is written behind it is found, too.
        reopened.commit({ put: { queues: [reopened.queue("own:new", BOUNDS)], bytes: Buffer.from("after\n"), count: 1 } });
        const grown = stateOf(reopened);
        await reopened.close();
        const again = bench.open(after);
        assert.equal(stateOf(again), grown);
        await again.close();
        assert.deepEqual(bench.warnings, []);
      } finally {
        for (const dir of [bench.dir, after]) fs.rmSync(dir, { recursive: true, force: true });
      }
    }),
    { numRuns: 150, examples: [[DROPPED_AT_A_TURN, 561_364_881, 29_627_615]], seed: Number(process.env["DURE_SEED"] ?? Date.now() % 1e9) },
  );
});

test("a journal that was hurt gives what stood before the hurt, is kept for a person, and is said", async () => {
  const bench = new Bench();
  try {
    for (const line of ["one", "two", "three"]) await bench.do({ do: "put", into: [0], lines: [line] });
    await bench.store.close();
    const { file, content } = bench.moments[2] as (typeof bench.moments)[number];
    content[content.indexOf("two")] = 0x21;
    fs.writeFileSync(join(bench.dir, file), content);
    const reopened = bench.open(bench.dir);
    assert.equal(stateOf(reopened), bench.moments[0]?.state);
    await reopened.close();
    assert.equal(bench.warnings.length, 1);
    assert.equal(fs.readdirSync(bench.dir).filter((name) => name.startsWith("damaged-")).length, 1);
    const again = bench.open(bench.dir);
    assert.equal(stateOf(again), bench.moments[0]?.state);
    await again.close();
    assert.equal(bench.warnings.length, 1);
  } finally {
    fs.rmSync(bench.dir, { recursive: true, force: true });
  }
});
