// Lets the first of equal records through, and no other within the window. What is left out is counted, and may be told by the
// next one that passes. What was seen is in memory only: after a restart each record is a first one.
import { duration } from "#sdk/options.ts";
import { defineFilter, z } from "#sdk/plugin.ts";
import { keyFields } from "./parts/key-option.ts";

const options = z.strictObject({
  key: keyFields().meta({ description: "Field or fields that make records equal; the whole line or record when left out.", ko: "같은 레코드로 볼 기준 필드. 쓰지 않으면 줄이나 레코드 전체." }),
  window: duration().prefault("1m").meta({ description: "How long after one that passed equal ones are left out, by their arrival.", ko: "하나가 통과한 뒤 같은 것을 뺄 시간(도착 시각 기준)." }),
  max_keys: z.int().min(1).max(10_000_000).prefault(100_000).meta({ description: "How many are remembered (some 200 bytes each); the one not seen for longest is forgotten.", ko: "기억할 수(하나에 200바이트쯤). 넘으면 가장 오래 보이지 않은 것을 잊습니다." }),
  count_field: z.string().min(1).optional().meta({ description: "A field of the next equal record that passes: how many were left out before it.", ko: "다음에 통과하는 같은 레코드에, 그 전에 몇 개를 뺐는지 적을 필드." }),
});

export const dedupe = defineFilter({
  name: "Dedupe",
  summary: { en: "Leaves out records equal to one that has just passed.", ko: "방금 통과한 것과 같은 레코드를 뺍니다." },
  shorthand: "window",
  options,
  example: "filter.Dedupe:\n  key: [host, message]\n  window: 10s\n  count_field: repeated",
  async open(given, context) {
    const { Deduper } = await import("./dedupe/deduper.ts");
    const deduper = new Deduper({ key: given.key, windowMs: given.window, keysMax: given.max_keys, countField: given.count_field }, context);
    return { apply: (batch, signal) => deduper.apply(batch, signal) };
  },
});
