// Times in plain words are the times that the agent runs at, and no line of five fields is left without words.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { language } from "../words/say.ts";
import { cronWords } from "./cron-words.ts";

const cases: readonly (readonly [cron: string, en: string, ko: string])[] = [
  ["* * * * *", "every minute", "매분"],
  ["*/5 * * * *", "every 5 minutes", "5분마다"],
  ["0 * * * *", "every hour", "매시 정각"],
  ["15,45 * * * *", "every hour at minute 15, 45", "매시 15, 45분"],
  ["0 2 * * *", "every day 02:00", "매일 02:00"],
  ["30 9,18 * * 1-5", "09:30, 18:30, Monday to Friday", "평일 09:30, 18:30"],
  ["0 3 * * 0", "03:00, on Sunday", "일요일 03:00"],
  ["0 3 * * 7", "03:00, on Sunday", "일요일 03:00"],
  ["0 0 1,15 * *", "00:00, on day 1, 15 of the month", "매월 1, 15일 00:00"],
  ["0 0 1 jan *", "00:00, on day 1 of the month, in January", "1월 매월 1일 00:00"],
  ["*/10 9-17 * * mon-fri", "every 10 minutes from 09:00 to 17:59, Monday to Friday", "평일 09:00부터 17:59까지 10분마다"],
  ["5 */2 * * *", "every 2 hours at minute 5", "2시간마다 5분"],
  ["*/7 * * * *", "minute */7, hour *, day *, month *, weekday *", "분 */7, 시 *, 일 *, 월 *, 요일 *"],
];

for (const [cron, en, ko] of cases) {
  test(`schedule: ${cron} is ${en}`, () => {
    language.value = "en";
    assert.equal(cronWords(cron), en);
    language.value = "ko";
    assert.equal(cronWords(cron), ko);
  });
}

for (const cron of ["", "* * * *", "60 * * * *", "* 24 * * *", "*/0 * * * *", "a b c d e", "5-1 * * * *"]) test(`schedule: \`${cron}\` has no words`, () => assert.equal(cronWords(cron), undefined));

test("schedule: whatever is typed, there are words or none", () => {
  const part = fc.constantFrom("*", "*/2", "*/7", "0", "1", "5", "1-5", "1,3", "0-23", "mon", "dec", "59", "7");
  fc.assert(
    fc.property(fc.array(part, { minLength: 4, maxLength: 6 }), fc.constantFrom("en" as const, "ko" as const), (parts, lang) => {
      language.value = lang;
      const said = cronWords(parts.join(" "));
      assert.ok(said === undefined || (said !== "" && !said.includes("{") && !said.includes("NaN")), String(said));
    }),
  );
});
