import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { cronProblem, parseSchedule } from "./schedule.ts";

const utc = (text: string): number => Date.parse(`${text}:00Z`);

/** The first `count` times after `from`. */
function timesOf(cron: string, from: string, count: number, zone = "UTC"): string[] {
  const schedule = parseSchedule(cron, zone);
  const times: string[] = [];
  let at = utc(from);
  for (let index = 0; index < count; index += 1) {
    at = schedule.next(at) ?? Number.NaN;
    times.push(new Date(at).toISOString().slice(0, 16));
  }
  return times;
}

for (const [cron, times] of [
  ["*/5 * * * *", ["2026-01-01T00:05", "2026-01-01T00:10", "2026-01-01T00:15"]],
  ["7,3 * * * *", ["2026-01-01T00:03", "2026-01-01T00:07", "2026-01-01T01:03"]],
  ["0 2 */10 * *", ["2026-01-10T02:00", "2026-01-20T02:00", "2026-01-30T02:00"]],
  ["0 0 1 */5 *", ["2026-05-01T00:00", "2026-10-01T00:00", "2027-05-01T00:00"]],
  ["0 0 * * 0", ["2026-01-04T00:00", "2026-01-11T00:00"]],
  ["0 0 * * 7", ["2026-01-04T00:00", "2026-01-11T00:00"]],
  ["0 0 * * sun,Mon", ["2026-01-04T00:00", "2026-01-05T00:00"]],
  ["0 0 13 * 5", ["2026-02-13T00:00", "2026-03-13T00:00"]],
  ["30 10-14/2 * * *", ["2026-01-01T10:30", "2026-01-01T12:30", "2026-01-01T14:30", "2026-01-02T10:30"]],
  ["0 0 29 2 *", ["2028-02-29T00:00"]],
  ["*/40 * * * *", ["2026-01-01T00:40", "2026-01-01T01:00", "2026-01-01T01:40"]],
] as const) {
  test(`schedule: ${cron} comes at ${times.join(", ")}`, () => assert.deepEqual(timesOf(cron, "2026-01-01T00:00", times.length), times));
}

test("schedule: what cannot be understood, or never comes, is said with its field", () => {
  for (const [cron, words] of [
    ["", /five fields.*there are 0/],
    ["* * * *", /there are 4/],
    ["0 * * * * *", /there are 6/],
    ["60 * * * *", /the minute `60`/],
    ["* 24 * * *", /the hour `24`/],
    ["* * 0 * *", /the day `0`/],
    ["* * */32 * *", /the day `\*\/32`/],
    ["* * * 13 *", /the month `13`/],
    ["* * * * 8", /the weekday `8`/],
    ["*/0 * * * *", /the minute/],
    ["5-3 * * * *", /the minute/],
    ["5/2 * * * *", /the minute/],
    ["1,,2 * * * *", /the minute/],
    ["@daily", /there are 1/],
    ["* * L * *", /the day `L`/],
    ["0 0 31 2 *", /no such day/],
  ] as const) assert.match(cronProblem(cron)?.en ?? "nothing", words, cron);
});

test("schedule: the hour left out in spring and the one that comes twice in autumn", () => {
  // 2026-03-08 02:00-03:00 is left out in New York: what is due in it comes right behind it. 2026-11-01 01:00-02:00 comes twice: fixed times are due in the first.
  assert.deepEqual(timesOf("30 2 * * *", "2026-03-07T12:00", 2, "America/New_York"), ["2026-03-08T07:00", "2026-03-09T06:30"]);
  assert.deepEqual(timesOf("30 1 * * *", "2026-10-31T12:00", 2, "America/New_York"), ["2026-11-01T05:30", "2026-11-02T06:30"]);
  assert.deepEqual(timesOf("*/30 * * * *", "2026-11-01T05:00", 4, "America/New_York"), ["2026-11-01T05:30", "2026-11-01T06:00", "2026-11-01T06:30", "2026-11-01T07:00"]);
});

test("schedule: the stamp is of the minute in its zone", () => {
  assert.equal(parseSchedule("* * * * *", "Asia/Seoul").stamp(utc("2026-12-31T15:07")), "20270101000700");
  assert.equal(parseSchedule("* * * * *", "UTC").stamp(utc("2026-12-31T15:07")), "20261231150700");
});

test("schedule: a zone that is not known is refused at once", () => assert.throws(() => parseSchedule("* * * * *", "Mars/Olympus")));

test("schedule: whatever lists are written, each time is a minute that all fields have, and none between is left out", () => {
  const field = (first: number, last: number) => fc.oneof(fc.constant("*"), fc.integer({ min: 1, max: Math.ceil(last / 2) }).map((n) => `*/${n}`), fc.array(fc.integer({ min: first, max: last }), { minLength: 1, maxLength: 4 }).map((list) => list.join(",")));
  const fits = (text: string, value: number, isWeekday = false) => text.split(",").some((part) => part === "*" || (part.startsWith("*/") ? value % Number(part.slice(2)) === 0 || (isWeekday && value === 0 && 7 % Number(part.slice(2)) === 0) : Number(part) === value || (isWeekday && value === 0 && part === "7")));
  fc.assert(fc.property(field(0, 59), field(0, 23), field(1, 31), fc.constant("*"), field(0, 7), fc.integer({ min: 0, max: 500_000 }), (minute, hour, day, month, weekday, offset) => {
    const from = utc("2026-01-01T00:00") + offset * 60_000;
    const schedule = parseSchedule([minute, hour, day, month, weekday].join(" "), "UTC");
    const next = schedule.next(from) ?? assert.fail("none");
    const isDue = (ms: number): boolean => {
      const at = new Date(ms);
      return fits(minute, at.getUTCMinutes()) && fits(hour, at.getUTCHours()) && fits(day, at.getUTCDate()) && fits(weekday, at.getUTCDay(), true);
    };
    assert.ok(isDue(next), new Date(next).toISOString());
    for (let at = from + 60_000; at < Math.min(next, from + 3000 * 60_000); at += 60_000) assert.ok(!isDue(at), new Date(at).toISOString());
  }), { numRuns: 60 });
});
