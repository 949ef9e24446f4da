// What one can ask of the config, and do to it. Secrets in its text are placeholders here, `[hidden:…]`; a text that comes back has them again.
import { z } from "zod";
import { levels } from "#kernel/config/problem.ts";
import type { Problem } from "#kernel/config/problem.ts";
import { textSchema } from "#kernel/commands/text-schema.ts";
import { graphSchema, placeSchema } from "#kernel/config/graph-schema.ts";
import { planDifferenceSchema } from "#kernel/config/plan-difference-schema.ts";
import { defineCommand } from "#kernel/commands/command.ts";
import type { CommandDefinition } from "#kernel/commands/command.ts";
import type { ConfigEditor } from "./config-editor.ts";

export interface ConfigPort {
  readonly editor: ConfigEditor;
}

const define = defineCommand<ConfigPort>();

const TEXT_LENGTH_MAX = 500_000;
const text = z.string().max(TEXT_LENGTH_MAX).meta({ description: "The config; placeholders of secrets stay where they are.", ko: "설정 본문. 비밀 값 자리 표시는 그대로 두세요." });
const note = z.string().max(1000).default("").meta({ description: "Why, for the history.", ko: "바꾸는 이유. 이력에 남습니다." });
const problem = z.strictObject({
  severity: z.enum(["error", "warning"]),
  code: z.string().describe("`dure explain CODE` says more."),
  level: z.enum([...levels, "lint"]),
  text: textSchema,
  help: textSchema.optional(),
  suggestion: z.string().optional().describe("What should stand there instead."),
  ...placeSchema.shape,
  endColumn: z.number().describe("Behind the last character; on the same line."),
});
const diff = z.strictObject({
  added: z.number(),
  removed: z.number(),
  hunks: z.array(z.strictObject({ fromLine: z.number(), toLine: z.number(), lines: z.array(z.strictObject({ is: z.enum(["same", "added", "removed"]), text: z.string() })) })),
});
const applied = z.strictObject({ hash: z.string(), revision: z.number(), reloaded: planDifferenceSchema });
const revision = z.strictObject({
  revision: z.number(),
  atMs: z.number(),
  who: z.string().describe("`file`: changed by hand."),
  note: z.string(),
  outcome: z.enum(["running", "applied", "reverted", "refused"]).describe("running: read at a start or a reload; refused: it did not start, and the one before ran on."),
  problem: z.string().optional(),
  hash: z.string(),
});
const version = z.union([z.int().min(1), z.enum(["file", "running"])]);

const show = define({
  name: "config.show",
  summary: { en: "the config file as it is now, without its secrets", ko: "지금의 설정 파일 (비밀 값은 가림)" },
  role: "admin",
  effect: "read",
  params: z.strictObject({}),
  result: z.strictObject({
    file: z.string(),
    text: z.string(),
    hash: z.string().describe("Of this text: the `base` of a change to it."),
    revision: z.number().optional(),
    isRunning: z.boolean().describe("Whether the agent runs this text."),
  }),
  async run(_params, _call, { editor }) {
    const { file, masked, hash, revision: known, isRunning } = await editor.show();
    return { file, text: masked, hash, isRunning, ...(known === undefined ? {} : { revision: known }) };
  },
});

const check = define({
  name: "config.check",
  summary: { en: "what is wrong with a text, and the pipelines in it", ko: "설정 본문의 문제와 그 안의 파이프라인" },
  role: "admin",
  effect: "read",
  params: z.strictObject({
    text: text.optional().meta({ description: "Without it, the file.", ko: "쓰지 않으면 지금의 파일." }),
    environment: z.boolean().default(false).meta({ description: "Also look at this machine: files, peers.", ko: "이 컴퓨터의 파일과 상대 서버도 확인." }),
    lint: z.boolean().default(false).meta({ description: "Also what `dure lint` finds.", ko: "`dure lint`가 찾는 것도 함께." }),
  }),
  secret: ["text"],
  result: z.strictObject({ problems: z.array(problem), pipelines: z.array(graphSchema) }),
  async run({ text: given, environment, lint }, { signal }, { editor }) {
    const { problems, pipelines } = await editor.check(given ?? (await editor.show()).masked, { hasEnvironment: environment, hasLint: lint }, signal);
    return { problems: problems.map(problemFacts), pipelines };
  },
});

const plan = define({
  name: "config.plan",
  summary: { en: "what applying a text would change", ko: "설정 본문을 적용하면 바뀔 것" },
  role: "admin",
  effect: "read",
  params: z.strictObject({ text: text.optional().meta({ description: "Without it, the file.", ko: "쓰지 않으면 지금의 파일." }) }),
  secret: ["text"],
  result: z.strictObject({ problems: z.array(problem), difference: planDifferenceSchema.optional().describe("Of what runs; not there while there are errors."), diff: diff.describe("Of the file to the text; without one, of what runs to the file.") }),
  async run({ text: given }, { signal }, { editor }) {
    const { problems, ...more } = await editor.plan(given, signal);
    return { problems: problems.map(problemFacts), ...more };
  },
});

const apply = define({
  name: "config.apply",
  summary: { en: "write a text into the config file, and go over to it", ko: "설정 파일을 바꿔 쓰고 적용" },
  role: "admin",
  effect: "change",
  params: z.strictObject({ text, base: z.string().meta({ description: "The hash of the text it was made from (config.show).", ko: "바탕이 된 본문의 해시 (config.show)." }), note }),
  secret: ["text"],
  result: applied,
  async run({ text: given, base, note: why }, { caller, changed }, { editor }) {
    changed({ subject: editor.running.file });
    const { diff: lines, reloaded, hash, revision: made } = await editor.apply({ text: given, base, note: why }, caller.name);
    changed({ before: { hash: base }, after: { revision: made, hash, diff: lines } });
    return { hash, revision: made, reloaded };
  },
});

const revert = define({
  name: "config.revert",
  summary: { en: "go back to an earlier revision of the config", ko: "설정을 이전 리비전으로 되돌림" },
  role: "admin",
  effect: "change",
  key: "revision",
  params: z.strictObject({ revision: z.int().min(1).meta({ description: "Which one, by its number.", ko: "되돌릴 리비전 번호." }), base: z.string().optional().meta({ description: "The hash that the file must still have.", ko: "파일이 아직 가지고 있어야 하는 해시." }), note }),
  result: applied,
  examples: [{ line: "dure config revert 17", text: { en: "as `dure config history` numbers them", ko: "`dure config history`에 나오는 번호" } }],
  async run({ revision: wanted, base, note: why }, { caller, changed }, { editor }) {
    changed({ subject: editor.running.file });
    const { diff: lines, reloaded, hash, revision: made } = await editor.revert(wanted, { base, note: why }, caller.name);
    changed({ after: { revision: made, hash, diff: lines } });
    return { hash, revision: made, reloaded };
  },
});

const format = define({
  name: "config.format",
  summary: { en: "a text in our style, as `dure fmt` writes it", ko: "설정 본문을 `dure fmt`처럼 정리" },
  role: "admin",
  effect: "read",
  params: z.strictObject({ text }),
  secret: ["text"],
  result: z.strictObject({ text: z.string(), refused: z.enum(["not YAML", "would change"]).optional().describe("Why it is as it was.") }),
  async run({ text: given }, { signal }, { editor }) {
    const formatted = await editor.format(given, signal);
    return "text" in formatted ? { text: formatted.text } : { text: given, refused: formatted.refused };
  },
});

const schema = define({
  name: "config.schema",
  summary: { en: "what may stand in a config, as JSON Schema (draft 7)", ko: "설정에 쓸 수 있는 것 (JSON Schema draft 7)" },
  role: "admin",
  effect: "read",
  params: z.strictObject({ lang: z.enum(["en", "ko"]).default("en").meta({ description: "Of the descriptions.", ko: "설명의 언어." }) }),
  result: z.looseObject({}),
  run: async ({ lang }, _call, { editor }) => ({ ...(await editor.schema(lang)) }),
});

const history = define({
  name: "config.history",
  summary: { en: "the revisions of the config, the latest first", ko: "설정 이력, 최신순" },
  role: "admin",
  effect: "read",
  params: z.strictObject({ limit: z.int().min(1).max(200).default(50).meta({ description: "At most so many.", ko: "최대 개수." }), before: z.int().optional().meta({ description: "Those before this number.", ko: "이 번호보다 앞의 것." }) }),
  result: z.strictObject({ revisions: z.array(revision) }),
  run: async ({ limit, before }, _call, { editor }) => ({ revisions: await editor.history(limit, before) }),
});

const compare = define({
  name: "config.diff",
  summary: { en: "what differs between two versions of the config", ko: "설정 두 버전의 차이" },
  role: "admin",
  effect: "read",
  params: z.strictObject({ from: version.default("running").meta({ description: "A revision, `running` or `file`.", ko: "리비전 번호, `running` 또는 `file`." }), to: version.default("file").meta({ description: "The same, to be compared with it.", ko: "비교할 것. 쓰는 법은 같습니다." }) }),
  result: diff.extend({ from: z.string(), to: z.string() }),
  examples: [{ line: "dure config diff --from 17", text: { en: "what has changed in the file since revision 17", ko: "리비전 17 이후 파일에서 바뀐 것" } }],
  run: async ({ from, to }, _call, { editor }) => await editor.diff(from, to),
});

export const configCommands = [show, check, plan, apply, revert, format, schema, history, compare] as const satisfies readonly CommandDefinition<ConfigPort>[];

function problemFacts({ place: { file, line, column }, severity, code, level, text: words, help, suggestion, endColumn }: Problem): z.input<typeof problem> {
  return { severity, code, level, text: words, file, line, column, endColumn, ...(help === undefined ? {} : { help }), ...(suggestion === undefined ? {} : { suggestion }) };
}
