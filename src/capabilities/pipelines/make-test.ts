// "Make this a test": records that a tap has shown become a case under `tests:` of the config.
import { z } from "zod";
import type { JsonValue } from "#base/json.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import { defineCommand } from "#kernel/commands/command.ts";

/** What a test is to be made of. */
export interface TestWish {
  readonly title: string;
  readonly pipeline: string;
  /** Where the records went in; without it, as the input gave them. */
  readonly step?: string | undefined;
  readonly tag: string;
  readonly atMs: number;
  readonly records: readonly Readonly<Record<string, JsonValue>>[];
}

export interface MakeTestPort {
  /** Runs the pipeline once more on these records, with stand-ins at both ends. `problem`: why there can be no test. */
  makeTest(wish: TestWish, signal: AbortSignal): Promise<{ readonly yaml: string; readonly arrived: number } | { readonly problem: string }>;
}

const RECORDS_MAX = 200;

export const makeTest = defineCommand<MakeTestPort>()({
  name: "pipelines.make-test",
  summary: { en: "make a test of the config out of records that a tap has shown", ko: "tap에 나온 레코드로 설정의 테스트를 만듦" },
  role: "operator",
  effect: "read",
  isAudited: true,
  key: "name",
  params: z.strictObject({
    name: z.string().min(1).meta({ description: "The pipeline.", ko: "파이프라인 이름." }),
    step: z.string().regex(/^\d+(\.\d+)*$/, "write the step's number, such as 3 or 3.1.2").optional().meta({ description: "The number of the step that the records came to (`before` of a tap); without it, they are as the input gave them.", ko: "레코드가 들어온 단계의 번호 (탭의 `before`). 쓰지 않으면 입력이 준 레코드로 봅니다." }),
    records: z.array(z.record(z.string(), z.json())).min(1).max(RECORDS_MAX).meta({ description: "The records, as a tap shows them.", ko: "탭에서 본 레코드." }),
    title: z.string().min(1).max(200).optional().meta({ description: "What is tested, in words.", ko: "무엇을 확인하는 테스트인지." }),
    tag: z.string().min(1).max(200).default("test").meta({ description: "The tag of the records.", ko: "레코드의 태그." }),
    atMs: z.number().int().min(0).max(8.64e15).optional().meta({ description: "What the clock says in the test: when the first record came.", ko: "테스트 안의 시각: 첫 레코드가 들어온 때." }),
  }),
  result: z.strictObject({
    yaml: z.string().describe("To be put into the config: `dure test --all` runs it."),
    arrived: z.number().describe("Records that come out."),
    hidden: z.number().describe("Records with values that the tap did not show: they stand in the test as `[hidden]`."),
  }),
  secret: ["records"],
  async run({ name, step, records, title, tag, atMs = Date.now() }, { signal }, port) {
    const wish = { title: title ?? (step === undefined ? `${name} as tapped` : `${name} from step ${step} on, as tapped`), pipeline: name, step, tag, atMs, records };
    const made = await port.makeTest(wish, signal);
    if ("problem" in made) throw new CommandFailure("CONFLICT", { message: `no test can be made of these records: ${made.problem}`, ko: { message: `이 레코드로 테스트를 만들 수 없습니다: ${made.problem}` } });
    return { ...made, hidden: records.filter((record) => JSON.stringify(record).includes("[hidden]")).length };
  },
});
