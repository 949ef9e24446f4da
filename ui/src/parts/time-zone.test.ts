import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { clock, time } from "./figures.ts";
import { msOfPlaceTime, placeTime, timeZone, zoneAt } from "./time-zone.ts";

// Not that of the machine, which may be UTC itself and would show no difference.
process.env["TZ"] = "Asia/Seoul";

const moments = fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) });
const two = (value: number): string => String(value).padStart(2, "0");

test("time zone: whenever it is, this browser's clock is shown, or UTC, and what a field gives is that moment again", () => {
  fc.assert(
    fc.property(moments, (atMs) => {
      const at = new Date(atMs);
      timeZone.value = "local";
      assert.equal(time(atMs, { isWhole: true }), `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`);
      if (Date.UTC(2000, 0, 1) < atMs) assert.equal(zoneAt(atMs), "UTC+09:00");
      timeZone.value = "utc";
      const { date, clock: exact } = placeTime(atMs);
      assert.equal(`${date}T${exact}Z`, at.toISOString());
      assert.equal(clock(atMs), exact);
      assert.equal(msOfPlaceTime(`${date}T${exact}`), atMs);
      assert.equal(zoneAt(atMs), "UTC");
    }),
  );
});

test("time zone: what is no time is shown as none", () => {
  assert.deepEqual(placeTime(NaN), { date: "–", clock: "–" });
  assert.equal(msOfPlaceTime("soon"), undefined);
});
