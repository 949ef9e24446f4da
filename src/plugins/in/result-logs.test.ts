import assert from "node:assert/strict";
import { appendFileSync, existsSync, linkSync, mkdirSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import iconv from "iconv-lite";
import type { z } from "zod";
import { localTime } from "#base/local-time.ts";
import type { Delivery, Input } from "#sdk/plugin.ts";
import { recordsOf, testContext } from "#sdk/testing.ts";
import type { TestContext } from "#sdk/testing.ts";
import { resultLogs } from "./result-logs.ts";

type Options = z.input<(typeof resultLogs)["options"]>;
type Entries = Record<"LOG" | "STATS", Record<string, string[]>>;

const MINUTE_MS = 60_000;

/** A context on a clock of its own: a pause passes at once, and whoever waits for a second time without having got anything is stopped. */
async function stage(given: Partial<TestContext> = {}) {
  let nowMs = Date.now();
  let pauses = 0;
  let stop = new AbortController();
  const clock = {
    now: () => nowMs,
    pause: async (ms: number) => {
      nowMs += ms;
      pauses += 1;
      if (1 < pauses) stop.abort();
    },
  };
  const context = await testContext({ clock, ...given });
  const dir = join(context.dataDir, "results");
  mkdirSync(dir, { recursive: true });
  return {
    context,
    dir,
    now: () => nowMs,
    file: (name: string) => join(dir, name),
    open: (options: Partial<Options> = {}) => resultLogs.open(resultLogs.options.parse({ path: dir, ...options }), context),
    /** What it gives within about a minute, and whether that is taken, as a pipeline does. */
    async gather(input: Input, isTaken = true): Promise<Entries[]> {
      pauses = 0;
      stop = new AbortController();
      const given: Entries[] = [];
      for (let delivery = await input.read(stop.signal); delivery !== undefined; delivery = await input.read(stop.signal)) {
        given.push(...(recordsOf(delivery.batch) as Entries[]));
        if (isTaken) await take(context, delivery);
        else delivery.batch.release();
      }
      return given;
    },
  };
}

async function take(context: TestContext, delivery: Delivery): Promise<void> {
  for (const [key, value] of Object.entries(delivery.positions ?? {})) {
    if (value === null) context.store.delete(key);
    else context.store.set(key, JSON.parse(JSON.stringify(value)) as typeof value);
  }
  delivery.batch.release();
  await delivery.ack?.();
}

/** An entry of some minutes ago. */
const entry = (nowMs: number, text: string, minutes = 5): string => `${localTime(nowMs - minutes * MINUTE_MS)};${text}`;

test("in.ResultLogs: entries by process and kind, lines without a time with the one before; what is no result log is left alone", async () => {
  const { open, gather, file, now } = await stage();
  const [one, two, three] = [entry(now(), "시작"), entry(now(), "실패"), entry(now(), "n=3")];
  writeFileSync(file("etl_a_LOG_20261123.log"), `${one}\n${two}\n  at 어딘가\n\n`);
  writeFileSync(file("etl_a_STATS_1.log"), `${three}\r\n`);
  writeFileSync(file("load_LOG_.log"), "no time at all\n");
  for (const name of ["etl_LOG_1.txt", "etl_INFO_1.log", "_LOG_1.log", "readme"]) writeFileSync(file(name), `${one}\n`);
  const input = await open();
  assert.deepEqual(await gather(input), [{ LOG: { etl_a: [one, `${two}\n  at 어딘가\n`], load: ["no time at all"] }, STATS: { etl_a: [three] } }]);
  assert.deepEqual(await gather(input), []);
  assert.ok(existsSync(file("etl_LOG_1.txt")));
});

test("in.ResultLogs: an entry of the minute that is not over waits for its end, and so does a line without one", async () => {
  const { open, gather, file, now } = await stage();
  const input = await open({ interval: "10m" });
  const [before, current] = [entry(now(), "before", 15), entry(now(), "current", 0)];
  writeFileSync(file("etl_LOG_1.log"), `${before}\n${current}\n more\nhalf a li`);
  const gathered = await gather(input);
  // Its first look is at once, the next one behind the turn of the ten minutes.
  assert.deepEqual(gathered, [{ LOG: { etl: [before] }, STATS: {} }, { LOG: { etl: [`${current}\n more`] }, STATS: {} }]);
  appendFileSync(file("etl_LOG_1.log"), "ne\n");
  assert.deepEqual(await gather(input), [{ LOG: { etl: ["half a line"] }, STATS: {} }]);
});

test("in.ResultLogs: CP949 is text as any other", async () => {
  const { open, gather, file, now } = await stage();
  const line = entry(now(), "똠방각하 펲시콜라");
  writeFileSync(file("etl_LOG_1.log"), iconv.encode(`${line}\n`, "cp949"));
  assert.deepEqual(await gather(await open({ encoding: "cp949" })), [{ LOG: { etl: [line] }, STATS: {} }]);
  for (const encoding of ["utf-16le", "utf-32"]) assert.equal(resultLogs.options.safeParse({ path: "x", encoding }).success, false, encoding);
});

test("in.ResultLogs: a file is deleted when it is old and all of it was taken, and not before", async () => {
  const { open, gather, file, now, context } = await stage();
  const lines = [entry(now(), "one"), entry(now(), "two")];
  const old = new Date(now() - 2 * 60 * MINUTE_MS);
  const put = (name: string): void => {
    writeFileSync(file(name), lines.join("\n")); // The last line has no end, and will have none.
    utimesSync(file(name), old, old);
  };
  put("etl_LOG_1.log");
  writeFileSync(file("young_LOG_1.log"), `${entry(now(), "young")}\n`);
  assert.equal((await gather(await open(), false)).length, 1);
  assert.ok(existsSync(file("etl_LOG_1.log")), "posted and not taken: it stays");
  const kept = await open({ delete_after: "never" });
  assert.deepEqual((await gather(kept))[0]?.LOG["etl"], lines);
  assert.ok(existsSync(file("etl_LOG_1.log")));
  const input = await open();
  assert.deepEqual(await gather(input), [], "what was taken does not come again");
  assert.deepEqual([existsSync(file("etl_LOG_1.log")), existsSync(file("young_LOG_1.log"))], [false, true]);
  put("etl_LOG_1.log");
  assert.deepEqual((await gather(input))[0]?.LOG["etl"], lines, "another file of the same name is another file");
  assert.ok(!existsSync(file("etl_LOG_1.log")));
  assert.ok([...context.store.keys()].length <= 2, "no more is kept than of the young one and the last one deleted");
});

test("in.ResultLogs: processes are called what they are called", async () => {
  const { open, gather, file, now } = await stage();
  const line = entry(now(), "x");
  const names = ["__proto__", "constructor", "etl", "hasOwnProperty", "toString"];
  for (const name of names) writeFileSync(file(`${name}_LOG_1.log`), `${line}\n`);
  const [first, ...rest] = await gather(await open());
  assert.deepEqual(Object.entries(first?.LOG ?? {}).sort(([one], [other]) => (one < other ? -1 : 1)), names.map((name) => [name, [line]]));
  assert.deepEqual(rest, []);
});

test("in.ResultLogs: a time that is far ahead holds nothing up in a log that goes on", async () => {
  const { open, gather, file, now } = await stage();
  const lines = [entry(now(), "before"), "9999-99-99 99:99:99;wrong clock", entry(now(), "behind")];
  writeFileSync(file("etl_LOG_1.log"), `${lines.join("\n")}\n`);
  assert.deepEqual(await gather(await open()), [{ LOG: { etl: lines }, STATS: {} }]);
});

test("in.ResultLogs: a log that is renamed goes on where it was, over a restart, too, and a second name brings nothing twice", async () => {
  const { open, gather, file, now } = await stage();
  const [one, two, three] = [entry(now(), "one"), entry(now(), "two"), entry(now(), "three")];
  writeFileSync(file("etl_LOG_1.log"), `${one}\n`);
  const input = await open();
  assert.deepEqual((await gather(input))[0]?.LOG["etl"], [one]);
  appendFileSync(file("etl_LOG_1.log"), `${two}\n`);
  renameSync(file("etl_LOG_1.log"), file("etl_LOG_1.20261123.log"));
  writeFileSync(file("etl_LOG_1.log"), `${three}\n`);
  linkSync(file("etl_LOG_1.log"), file("etl_LOG_2.log"));
  assert.deepEqual(await gather(input), [{ LOG: { etl: [two, three] }, STATS: {} }]);
  renameSync(file("etl_LOG_1.20261123.log"), file("etl_LOG_0.log"));
  assert.deepEqual(await gather(await open()), []);
});

test("in.ResultLogs: a trial gives all there is and deletes nothing; the last samples are kept for viewing", async () => {
  const { open, gather, file, now } = await stage({ mode: "test" });
  const old = new Date(now() - 2 * 60 * MINUTE_MS);
  writeFileSync(file("etl_LOG_1.log"), `${entry(now(), "now", 0)}\nunfinished`);
  utimesSync(file("etl_LOG_1.log"), old, old);
  const input = await open({ keep: 2 });
  const given = await gather(input);
  assert.deepEqual(given, [{ LOG: { etl: [`${entry(now(), "now", 0)}\nunfinished`] }, STATS: {} }]);
  assert.ok(existsSync(file("etl_LOG_1.log")));
  assert.deepEqual(input.samples?.().map(({ record }) => record), given);
});

test("in.ResultLogs: whatever is written when, and however often it is killed before a commit, every entry is taken once and in its order", async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("write" as const), process: fc.constantFrom("a", "b"), text: fc.string({ unit: "grapheme", maxLength: 20 }).map((text) => text.replaceAll(/[\r\n]/g, "")), extra: fc.nat(3) }),
    fc.record({ do: fc.constantFrom("gather" as const, "lose" as const, "again" as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const { open, gather, file, now } = await stage();
      const written: Record<string, string[]> = {};
      const taken: Record<string, string[]> = {};
      let input = await open();
      const keep = (records: readonly Entries[]): void => {
        for (const { LOG } of records) for (const [process, entries] of Object.entries(LOG)) (taken[process] ??= []).push(...entries);
      };
      for (const one of steps) {
        if (one.do === "write") {
          const text = [entry(now(), one.text), ...Array.from({ length: one.extra }, (_, index) => `  ${index}`)].join("\n");
          (written[one.process] ??= []).push(text);
          appendFileSync(file(`${one.process}_LOG_1.log`), `${text}\n`);
        } else if (one.do === "gather") keep(await gather(input));
        else {
          if (one.do === "lose") await gather(input, false);
          input = await open();
        }
      }
      keep(await gather(input));
      keep(await gather(input));
      assert.deepEqual(taken, written);
    }),
    { numRuns: 60 },
  );
});
