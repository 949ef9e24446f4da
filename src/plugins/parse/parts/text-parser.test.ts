// What holds for every parser of texts, shown by parse.Ltsv.
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { ltsv } from "../ltsv.ts";
import { parsed, refused } from "./testing.ts";

test("times are event times, and leave the record when they were understood", async () => {
  const text = "time:2026-10-10T09:00:00.250+09:00\ta:1\na:2\ttime:1790000000.5\ntime:some day\ta:3\na:4\n";
  const { records, times, counts } = await parsed(ltsv, {}, text);
  assert.deepEqual(records, [{ a: "1" }, { a: "2" }, { time: "some day", a: "3" }, { a: "4" }]);
  assert.deepEqual(times, ["2026-10-10T00:00:00.250Z", "2026-09-21T14:13:20.500Z", "2026-09-21T14:13:20.000Z", "2026-09-21T14:13:20.000Z"]);
  assert.equal(counts.get("times_unparsed_total"), 1);
  assert.deepEqual((await parsed(ltsv, { keep_time: true }, text)).records[0], { time: "2026-10-10T09:00:00.250+09:00", a: "1" });
  const none = await parsed(ltsv, { time_key: "" }, text);
  assert.deepEqual(none.records[1], { a: "2", time: "1790000000.5" });
  assert.equal(none.counts.get("times_unparsed_total"), undefined);
});

test("times of one minute are what each is alone", async () => {
  const seconds = ["00", "59", "60", "7", "07x", "30"];
  const lines = ["2026-10-10T09:00:SS+09:00", "2026-10-10T09:01:SS+09:00", "2026-10-11T09:00:SS+09:00", "2026-10-10T09:00:SS-05:00", "2026-10-10T09:00:SS.5+09:00", "2026-10-10T09:00:SS,123456789+09:00", "2026-10-10T09:00:SS", "2026-10-10T09:00:SSZ", "2026-10-10T09:00:SS.+09:00", "2026-10-10T09:00:SS.1234567890+09:00"].flatMap((form) => seconds.map((second) => `time:${form.replace("SS", second)}\ta:1\n`));
  for (const options of [{}, { time_zone: "Asia/Seoul" }, { time_format: "%Y-%m-%dT%H:%M:%S%z" }, { time_format: "%Y-%m-%dT%H:%M:%S", time_zone: "+09:00" }, { time_format: "%Y-%m-%dT%H:%M:%S.%L%z" }]) {
    const together = await parsed(ltsv, options, [...lines, ...lines.toReversed()].join(""));
    const alone = await Promise.all(lines.map((line) => parsed(ltsv, options, line)));
    assert.deepEqual(together.times, [...alone, ...alone.toReversed()].map(({ times }) => times[0]));
    assert.deepEqual(together.records, [...alone, ...alone.toReversed()].map(({ records }) => records[0]));
  }
  // Here the first digits between colons are no time of the day.
  const odd = await parsed(ltsv, { time_format: "%y:%m:%d %H:%M:%S", time_zone: "UTC" }, "time:26:10:10 09:00:00\nx:1\ttime:26:10:11 09:00:00\nx:1\ttime:26:10:12 09:00:00\n");
  assert.deepEqual(odd.times.slice(1), ["2026-10-11T09:00:00.000Z", "2026-10-12T09:00:00.000Z"]);
});

test("types", async () => {
  const types = { i: "integer", f: "float", b: "boolean", j: "json" };
  const { records } = await parsed(ltsv, { types }, 'i:1\tf:1.5\tb:true\tj:{"a":[1]}\ni:-\tf:\tb:no\tj:null\ni:007\tf:1e3\tb:false\tj:"x"\ni:12345678901234567\tf:-0.25\tj:{\ni:999999999999999\tf:0.1\ni:1.5\tf:.5\nf:01.5\ni:9007199254740993\tf:123456789.125000000\n');
  assert.deepEqual(records, [{ i: 1, f: 1.5, b: true, j: { a: [1] } }, { i: null, f: null, b: "no", j: null }, { i: "007", f: 1000, b: false, j: "x" }, { i: 12_345_678_901_234_567n, f: -0.25, j: "{" }, { i: 999_999_999_999_999, f: 0.1 }, { i: "1.5", f: ".5" }, { f: "01.5" }, { i: 9_007_199_254_740_993n, f: 123_456_789.125 }]);
});

test("numbers are what JavaScript reads", () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.integer({ min: 0, max: 10 ** 12 }).map((whole) => whole / 1000)), { minLength: 1, maxLength: 30 }), async (numbers) => {
      const { records } = await parsed(ltsv, { types: { n: "float" } }, numbers.map((number) => `n:${number}\n`).join(""));
      assert.deepEqual(records.map(({ n }) => n), numbers.map((number) => Number(String(number))));
    }),
    { numRuns: 100 },
  ));

test("what does not fit is kept as a message, or dropped, and counted", async () => {
  const text = "a:1\nno label\n\r\na:2\r\n";
  const kept = await parsed(ltsv, {}, text);
  assert.deepEqual(kept.records, [{ a: "1" }, { message: "no label" }, { message: "" }, { a: "2" }]);
  assert.equal(kept.counts.get("lines_unmatched_total"), 2);
  assert.deepEqual((await parsed(ltsv, { unmatched: "drop" }, text)).records, [{ a: "1" }, { a: "2" }]);
  assert.deepEqual((await parsed(ltsv, { unmatched: "drop" }, "x\n")).records, []);
});

test("a field of records is parsed in its place", async () => {
  const { records, times, counts } = await parsed(ltsv, { key: "log" }, [{ log: "a:1\ttime:2026-10-10T00:00:00Z\n", stream: "stdout", a: 0 }, { log: "plain", stream: "stderr" }, { stream: "x" }, { log: 5 }]);
  assert.deepEqual(records, [{ stream: "stdout", a: "1" }, { log: "plain", stream: "stderr" }, { stream: "x" }, { log: 5 }]);
  assert.equal(times[0], "2026-10-10T00:00:00.000Z");
  assert.equal(counts.get("lines_unmatched_total"), 3);
});

test("long texts, NUL, Korean and bytes that are no UTF-8", async () => {
  const long = "가".repeat(1 << 20);
  const { records } = await parsed(ltsv, {}, `a:${long}\tb:x\n`);
  assert.deepEqual(records, [{ a: long, b: "x" }]);
  const lengths = [0, 31, 32, 33, 63, 64, 65, 255, 256, 65_535, 65_536];
  for (const letter of ["x", "한", "\0", "😀"]) assert.deepEqual((await parsed(ltsv, {}, lengths.map((length) => `${letter}:${letter.repeat(length)}\n`).join(""))).records, lengths.map((length) => ({ [letter]: letter.repeat(length) })));
  assert.deepEqual((await parsed(ltsv, {}, Buffer.from([0x61, 0x3a, 0xb0, 0xa1, 10]))).records, [{ a: "\ufffd\ufffd" }]);
});

test("lines of very many fields", async () => {
  const names = Array.from({ length: 20_000 }, (_, index) => `k${index}`);
  const text = `${names.map((name) => `${name}:1`).join("\t")}\n`;
  const { records } = await parsed(ltsv, { types: Object.fromEntries(names.map((name) => [name, "float"])) }, text + text + "k19999:1\tk19999:2\n");
  assert.equal(records.length, 3);
  assert.deepEqual(Object.keys(records[1] ?? {}), names);
  assert.deepEqual(records[2], { k19999: 2 });
  // More names than are remembered, twice in a line and again in the next.
  const other = `${names.map((name) => `x${name}:1`).join("\t")}\t${names.map((name) => `x${name}:2`).join("\t")}\n`;
  const passing = await parsed(ltsv, {}, text + other + other);
  assert.deepEqual(passing.records.slice(1), [0, 1].map(() => Object.fromEntries(names.map((name) => [`x${name}`, "2"]))));
});

test("whatever the labels and values, they come out as they went in, the last of a label's values", () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.tuple(fc.oneof(fc.constantFrom("a", "b", "__proto__", "toString"), fc.string({ unit: "grapheme", minLength: 1 })), fc.string({ unit: "grapheme" })), { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 12 }), async (lines) => {
      const clean = lines.map((pairs) => pairs.map(([label, value]) => [label.replace(/[\t\n\r:]/g, "_"), value.replace(/[\t\n\r]/g, "_")] as const));
      const { records } = await parsed(ltsv, { time_key: "" }, clean.map((pairs) => `${pairs.map(([label, value]) => `${label}:${value}`).join("\t")}\n`).join(""));
      assert.deepEqual(records.map((record) => Object.entries(record)), clean.map((pairs) => [...new Map(pairs)]).map((pairs) => Object.entries(Object.fromEntries(pairs))));
    }),
    { numRuns: 200 },
  ));

test("wrong options are refused where they stand", () => {
  refused(ltsv, { time_zone: "Mars/Olympus" }, "time_zone", /Mars\/Olympus/);
  refused(ltsv, { time_format: "%Y %E" }, "time_format", /%E is not known/);
});
