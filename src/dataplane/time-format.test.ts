import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { timeFormat, TimeFormatError } from "./time-format.ts";
import { isZone, wallClock } from "./time-zone.ts";

const NOW = Date.UTC(2027, 0, 2) / 1000;

function parsed(format: string, text: string, zone = "UTC"): string | undefined {
  const instant = timeFormat(format, zone).parse(text, NOW);
  if (instant === undefined) return undefined;
  const fraction = instant.nanoseconds === 0 ? "" : `.${String(instant.nanoseconds).padStart(9, "0")}`;
  return new Date(instant.seconds * 1000).toISOString().replace(".000Z", `${fraction}Z`);
}

const cases: readonly (readonly [string, string, string | undefined, string?])[] = [
  ["%d/%b/%Y:%H:%M:%S %z", "10/Oct/2026:13:55:36 +0900", "2026-10-10T04:55:36Z"],
  ["%Y-%m-%d %H:%M:%S,%L", "2026-10-10 13:55:36,123", "2026-10-10T13:55:36.123000000Z"],
  ["%F %T.%f", "2026-10-10 13:55:36.123456", "2026-10-10T13:55:36.123456000Z"],
  ["%b %e %H:%M:%S", "Dec 31 23:59:59", "2026-12-31T23:59:59Z"],
  ["%b %e %H:%M:%S", "Jan  3 00:00:00", "2027-01-03T00:00:00Z"],
  ["%b %e %H:%M:%S", "Feb 29 00:00:00", "2028-02-29T00:00:00Z"],
  ["%b %e %H:%M:%S", "Feb 30 00:00:00", undefined],
  ["%A, %d %B %Y %I:%M %p", "Friday, 09 October 2026 01:05 PM", "2026-10-09T13:05:00Z"],
  ["%I:%M %p %F", "12:05 am 2026-10-09", "2026-10-09T00:05:00Z"],
  ["%Y.%j", "2026.060", "2026-03-01T00:00:00Z"],
  ["%y%m%d", "270102", "2027-01-02T00:00:00Z"],
  ["%s", "1790000000.5", "2026-09-21T14:13:20.500000000Z"],
  ["epoch_ms", "1790000000123", "2026-09-21T14:13:20.123000000Z"],
  ["epoch", "1790000000", "2026-09-21T14:13:20Z"],
  ["%F %T %Z", "2026-10-10 13:55:36 GMT", "2026-10-10T13:55:36Z", "Asia/Seoul"],
  ["100%% %Y", "100% 2026", "2026-01-01T00:00:00Z"],
  ["iso8601", "2026-10-10T13:55:36.5+09:00", "2026-10-10T04:55:36.500000000Z"],
  ["iso8601", "2026-10-10 13:55:36,25", "2026-10-10T13:55:36.250000000Z"],
  ["iso8601", "2026-10-10T13:55Z", "2026-10-10T13:55:00Z"],
  ["iso8601", "2026-10-10", "2026-10-09T15:00:00Z", "+09:00"],
  ["iso8601", "2026-02-30T00:00:00Z", undefined],
  ["iso8601", "yesterday", undefined],
  ["%F", "1969-12-31", undefined],
  ["%F %T", "2026-10-10 24:00:00", undefined],
  ["%F %T", "2026-07-01 12:00:00", "2026-07-01T16:00:00Z", "America/New_York"],
  ["%F %T", "2026-12-01 12:00:00", "2026-12-01T17:00:00Z", "America/New_York"],
  // Twice: the first. Never: moved by the hour left out.
  ["%F %T", "2026-11-01 01:30:00", "2026-11-01T05:30:00Z", "America/New_York"],
  ["%F %T", "2026-03-08 02:30:00", "2026-03-08T07:30:00Z", "America/New_York"],
  ["%F %T", "2026-10-10 09:00:00", "2026-10-10T00:00:00Z", "Asia/Seoul"],
];
for (const [format, text, expected, zone] of cases) {
  test(`${text} as ${format}${zone === undefined ? "" : ` in ${zone}`}`, () => assert.equal(parsed(format, text, zone), expected));
}

test("an unknown letter is refused", () => {
  assert.throws(() => timeFormat("%Y %E", "UTC"), TimeFormatError);
  assert.throws(() => timeFormat("%Y %", "UTC"), TimeFormatError);
});

test("zones", () => {
  assert.ok(["UTC", "+09:00", "-0330", "Z", "Asia/Seoul"].every(isZone));
  assert.ok(!["Mars/Olympus", "", "9", "+9"].some(isZone));
});

test("a wall clock and the moment agree, all year round", () => {
  for (const zone of ["America/New_York", "Europe/London", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca"]) {
    const toUtc = wallClock(zone);
    const format = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(2024, 0, 1) / 1000, max: Date.UTC(2027, 0, 1) / 1000 }), (seconds) => {
        const wall = format.format(seconds * 1000);
        const back = toUtc(Date.parse(`${wall.replace(" ", "T")}Z`) / 1000);
        // Where a wall clock shows a time twice, the first is meant; both show the same.
        assert.equal(format.format(back * 1000), wall);
        assert.ok(back <= seconds && seconds - back <= 3600);
      }),
      { numRuns: 200 },
    );
  }
});
