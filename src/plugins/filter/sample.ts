// Lets a part of the records through: drawn at random, or by a hash of a key, so that all records of a trace stay or go together,
// on every machine alike.
import { defineFilter, z } from "#sdk/plugin.ts";
import { keyFields } from "./parts/key-option.ts";

const options = z
  .strictObject({
    rate: z.number().gt(0).max(1).optional().meta({ description: "The part that stays: 0.1 is one in ten.", ko: "남길 비율. 0.1은 열에 하나." }),
    one_in: z.int().min(1).optional().meta({ description: "The same as a count: 10 is one in ten.", ko: "같은 것을 개수로. 10은 열에 하나." }),
    key: keyFields().meta({ description: "Field or fields by which records stay or go together, such as trace_id. A record that has none of them is drawn at random.", ko: "함께 남거나 함께 빠질 기준 필드(예: trace_id). 그 필드가 하나도 없는 레코드는 무작위로 고릅니다." }),
    seed: z.int().min(0).max(0xffff_ffff).optional().meta({ description: "Where the drawing starts: with one seed the same records are drawn. It also changes which keys stay.", ko: "무작위의 시작값. 같은 값이면 같은 레코드를 고릅니다. 어떤 키가 남을지도 바뀝니다." }),
    rate_field: z.string().min(1).optional().meta({ description: "A field to write the rate to, so that counts can be made up for later.", ko: "비율을 적어 둘 필드. 나중에 개수를 되돌려 셈할 수 있습니다." }),
  })
  .superRefine((given, context) => {
    if ((given.rate === undefined) === (given.one_in === undefined)) context.addIssue({ code: "custom", path: ["rate"], message: "write either `rate` or `one_in`", params: { ko: "`rate`와 `one_in` 중 하나만 쓰세요" } });
  });

export const sample = defineFilter({
  name: "Sample",
  summary: { en: "Lets a part of the records through.", ko: "레코드의 일부만 통과시킵니다." },
  shorthand: "rate",
  options,
  example: "filter.Sample:\n  one_in: 10\n  key: trace_id",
  async open(given, { clock }) {
    const { sampler } = await import("./sample/sampler.ts");
    return { apply: sampler({ rate: given.rate ?? 1 / (given.one_in ?? 1), key: given.key, seed: given.seed, rateField: given.rate_field }, clock) };
  },
});
