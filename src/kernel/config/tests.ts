// `tests:` of a config: what goes in, and what must come out. Read and checked with the rest of the file, so that slips have their place.
import { z } from "zod";
import { duration } from "#sdk/options.ts";
import { readExpression, ExpressionError } from "#sdk/expression.ts";
import type { JsonValue } from "#base/json.ts";
import { closest } from "#base/similar.ts";
import { checkOptions } from "./options.ts";
import type { Place } from "./plan.ts";
import type { Problems } from "./problem.ts";
import { isNull, spanOf } from "./tree.ts";
import type { MapEntry } from "./tree.ts";


const record = z.record(z.string(), z.unknown());
const wait = z.strictObject({ wait: duration() });
/** An expression, or the fields a record must have. */
const expected = z.union([z.string(), record]).superRefine((item, context) => {
  if (typeof item !== "string") return;
  try {
    readExpression(item);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    context.addIssue({ code: "custom", message: error.text.en, params: { ko: error.text.ko, column: error.column } });
  }
});

export const testOptions = z
  .strictObject({
    name: z.string().min(1).meta({ description: "What is tested, in words.", ko: "무엇을 시험하는지." }),
    pipeline: z.string().min(1).optional().meta({ description: "The pipeline; the first unless given.", ko: "파이프라인. 없으면 첫 번째." }),
    from: z.string().min(1).optional().meta({ description: "The number of the step that what goes in comes to, such as `\"3\"` or `\"3.1.2\"`; the steps before it are left out.", ko: "넣은 것이 들어갈 단계의 번호. 예: `\"3\"`, `\"3.1.2\"`. 그 앞 단계는 건너뜁니다." }),
    tag: z.string().min(1).default("test").meta({ description: "Tag of what goes in.", ko: "넣는 것의 태그." }),
    at: z.string().default("2026-01-01T00:00:00Z").refine((text) => !Number.isNaN(Date.parse(text)), { message: "write a time such as 2026-01-01T09:00:00+09:00", params: { ko: "2026-01-01T09:00:00+09:00 같은 시각을 쓰세요" } }).meta({ description: "What the clock says at the start; it stands still but for `wait`.", ko: "시작할 때의 시각. `wait`로만 흐릅니다." }),
    input: z.array(z.union([z.string(), wait, record])).min(1).meta({ description: "Lines (text) and records (maps) that go in instead of the input's own, and `{ wait: 10s }`.", ko: "입력 대신 넣을 줄(텍스트)과 레코드(맵), 그리고 `{ wait: 10s }`." }),
    expect: z.array(expected).optional().meta({ description: "What must come out, in order: each a map of fields, of which others may be there, or an expression that must be true of the record.", ko: "차례대로 나와야 할 것. 필드의 맵(다른 필드가 더 있어도 됨)이거나 레코드에 대해 참이어야 할 식." }),
    outputs: z.record(z.string(), z.array(expected)).optional().meta({ description: "The same by output: `out.File`, or its number such as `3.1.2`.", ko: "출력마다 따로: `out.File` 또는 `3.1.2` 같은 번호." }),
    snapshot: z.boolean().default(false).meta({ description: "Compare with what `dure test --all --update` has written down.", ko: "`dure test --all --update`로 적어 둔 것과 비교합니다." }),
    exact: z.boolean().default(false).meta({ description: "The records have no other fields than those named.", ko: "적은 필드 말고는 없어야 합니다." }),
  })
  .refine((test) => test.expect !== undefined || test.outputs !== undefined || test.snapshot, { message: "write what must come out: `expect`, `outputs` or `snapshot: true`", params: { ko: "무엇이 나와야 하는지 쓰세요: `expect`, `outputs`, `snapshot: true`" } });

export interface TestPlan {
  readonly name: string;
  readonly pipeline: string;
  readonly from?: string;
  readonly tag: string;
  readonly at: string;
  readonly input: readonly (string | { readonly wait: number } | Readonly<Record<string, JsonValue>>)[];
  readonly expect?: readonly Expected[];
  readonly outputs?: Readonly<Record<string, readonly Expected[]>>;
  readonly snapshot: boolean;
  readonly exact: boolean;
  readonly place: Place;
}
export type Expected = string | Readonly<Record<string, JsonValue>>;

/** The tests that are well formed. */
export async function readTests(entry: MapEntry | undefined, pipelines: readonly string[], problems: Problems): Promise<TestPlan[]> {
  if (entry === undefined || isNull(entry.value)) return [];
  if (entry.value.type !== "list") {
    problems.add("DURE201", spanOf(entry.value, entry.keySpan), { text: { en: "`tests:` is a list", ko: "`tests:`는 목록입니다" }, help: { en: "begin each test with `- name: …`", ko: "테스트마다 `- name: …`으로 시작하세요" } });
    return [];
  }
  const tests: TestPlan[] = [];
  for (const item of entry.value.items) {
    const nameSpan = item.type === "map" ? (item.entries[0]?.keySpan ?? item) : item;
    const options = (await checkOptions(item, { name: "tests", nameSpan, schema: testOptions }, problems)) as (z.output<typeof testOptions> & { input: TestPlan["input"] }) | undefined;
    if (options === undefined) continue;
    const pipeline = options.pipeline ?? pipelines[0] ?? "";
    if (!pipelines.includes(pipeline)) {
      const written = item.type === "map" ? item.entries.find(({ key }) => key === "pipeline") : undefined;
      problems.add("DURE205", written === undefined ? nameSpan : spanOf(written.value, nameSpan), { text: { en: `there is no pipeline '${pipeline}'`, ko: `'${pipeline}' 파이프라인이 없습니다` }, suggestion: closest(pipeline, pipelines) });
      continue;
    }
    tests.push({ ...options, pipeline, place: problems.source.place(nameSpan.start) } as TestPlan);
  }
  return tests;
}
