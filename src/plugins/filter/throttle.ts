// Lets so many records a second, minute or hour through, all together or for each key. What is over is dropped, counted, and said now
// and then. Time is that of arrival: after a stop what has waited arrives at once.
import { duration } from "#sdk/options.ts";
import { defineFilter, z } from "#sdk/plugin.ts";
import { keyFields } from "./parts/key-option.ts";

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `1000/s`, `100/m`, or a number of records a second; parsed to records and milliseconds. */
function rate() {
  return z
    .union([z.string(), z.number()])
    .transform((text, context) => {
      const [, count = "", unit = "s"] = /^(\d+(?:\.\d+)?)(?:\s*\/\s*([smhd]))?$/.exec(String(text).trim()) ?? [];
      if (0 < Number(count)) return { count: Number(count), perMs: UNIT_MS[unit] ?? 1000 };
      context.addIssue({ code: "custom", message: "write how many a second, minute, hour or day: 1000/s, 100/m, 5/h", params: { ko: "초, 분, 시간, 하루에 몇 개인지 쓰세요: 1000/s, 100/m, 5/h" } });
      return z.NEVER;
    })
    .pipe(z.object({ count: z.number(), perMs: z.number() }));
}

const options = z.strictObject({
  rate: rate().meta({ description: "How many records may pass: `1000/s`, `100/m`, `5/h`, `10/d`.", ko: "통과시킬 레코드 수: `1000/s`, `100/m`, `5/h`, `10/d`." }),
  burst: z.int().min(1).optional().meta({ description: "How many may pass at once after a quiet time; as many as `rate` says when left out.", ko: "조용하다가 한꺼번에 통과할 수 있는 수. 쓰지 않으면 `rate`의 수." }),
  key: keyFields().meta({ description: "Field or fields whose values have a rate each; all records together when left out.", ko: "값마다 따로 셀 필드. 쓰지 않으면 모든 레코드를 함께 셉니다." }),
  max_keys: z.int().min(1).max(10_000_000).prefault(10_000).meta({ description: "How many keys are remembered; the one not seen for longest is forgotten and starts afresh.", ko: "기억할 키의 수. 넘으면 가장 오래 보이지 않은 키를 잊고, 다시 나오면 새로 셉니다." }),
  report: duration().prefault("1m").meta({ description: "How often the log says what was dropped, when anything was.", ko: "버린 것이 있을 때 로그에 알릴 간격." }),
});

export const throttle = defineFilter({
  name: "Throttle",
  summary: { en: "Drops records beyond a rate, for each key or all together.", ko: "정한 속도를 넘는 레코드를 버립니다. 키마다 또는 전체로 셉니다." },
  shorthand: "rate",
  options,
  example: "filter.Throttle:\n  rate: 1000/s\n  key: host",
  async open(given, context) {
    const { Throttler } = await import("./throttle/throttler.ts");
    const throttler = new Throttler({ ...given.rate, burst: given.burst, key: given.key, keysMax: given.max_keys, reportMs: given.report }, context);
    return { apply: (batch) => throttler.apply(batch), close: async () => throttler.report() };
  },
});
