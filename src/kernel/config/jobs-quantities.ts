// Times and rates of jobs as people write them.
import { parseDurationMs } from "#base/quantities.ts";
import { z } from "#sdk/plugin.ts";
import { duration } from "#sdk/options.ts";

/** What is armed with a timer: Node's go no further. */
const WAIT_MS_MAX = 2_147_483_647;

/** A duration that is waited for: neither nothing nor more than 24 days. */
export function wait() {
  return duration().refine((ms) => 1 <= ms && ms <= WAIT_MS_MAX, { error: "give at least 1ms and at most 24d", params: { ko: "1ms 이상 24d 이하로 쓰세요" } });
}

/** `100/s`, `1000/5m`. */
export function eachRate() {
  return z.string().transform((text, context) => {
    const [, count = "", time = ""] = /^(\d{1,9})\s*\/\s*(\d*(?:\.\d+)?\s*(?:ms|s|m|h|d))$/i.exec(text.trim()) ?? [];
    const perMs = parseDurationMs(/^\d/.test(time) ? time : `1${time}`);
    if (0 < Number(count) && perMs !== undefined && 1 <= perMs && perMs <= WAIT_MS_MAX) return { count: Number(count), perMs };
    context.addIssue({ code: "custom", message: "write how many in what time, such as 100/s, 30/m or 1000/5m", params: { ko: "얼마 동안 몇 개인지 쓰세요: 100/s, 30/m, 1000/5m" } });
    return z.NEVER;
  });
}
