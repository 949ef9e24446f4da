// Dead letters of the running agent: looked at, put right, sent again, removed.
import { z } from "zod";
import { defineCommand } from "#kernel/commands/command.ts";
import type { CommandDefinition } from "#kernel/commands/command.ts";
import type { Letter } from "#kernel/dead-letters.ts";
import type { LetterDesk } from "./letter-desk.ts";

export interface DeadLettersPort {
  /** Made when it is first asked for: it brings what reads batches. */
  desk(): Promise<LetterDesk>;
}

const define = defineCommand<DeadLettersPort>();

const RECORDS_MAX = 1000;
const IDS_MAX = 1000;
const id = z.string().min(1).max(300).meta({ description: "The dead letter, as `dead-letters.list` names it.", ko: "데드레터의 ID (`dead-letters.list`)." });
const letter = z.strictObject({
  id,
  pipeline: z.string(),
  step: z.string().describe("The output that would not take it, as logs name it: `3:out.Fluentd`."),
  reason: z.string(),
  atMs: z.number(),
  tag: z.string(),
  records: z.number(),
  bytes: z.number(),
  isDamaged: z.boolean().describe("Its file is damaged: it can only be removed."),
});

const list = define({
  name: "dead-letters.list",
  summary: { en: "what no output would take, the newest first", ko: "어느 출력도 받지 않은 것(최신순)" },
  role: "viewer",
  effect: "read",
  params: z.strictObject({
    pipeline: z.string().min(1).optional().meta({ description: "Only letters of this pipeline.", ko: "이 파이프라인의 데드레터만." }),
    before: id.optional().meta({ description: "Those that came before the letter of this id.", ko: "이 ID의 데드레터보다 먼저 온 것." }),
    limit: z.number().int().min(1).max(1000).default(200).meta({ description: "At most so many.", ko: "최대 개수." }),
  }),
  result: z.strictObject({ total: z.number(), letters: z.array(letter) }),
  async run({ pipeline, before, limit }, _call, port) {
    const { total, letters } = await (await port.desk()).list(pipeline, limit, before);
    return { total, letters: letters.map(factsOf) };
  },
});

const show = define({
  name: "dead-letters.show",
  summary: { en: "the records of a dead letter", ko: "데드레터의 레코드" },
  role: "operator",
  effect: "read",
  isAudited: true,
  key: "id",
  params: z.strictObject({
    id,
    first: z.number().int().min(0).default(0).meta({ description: "The first record shown, counted from 0.", ko: "처음 보여 줄 레코드, 0부터 셈." }),
    limit: z.number().int().min(1).max(RECORDS_MAX).default(100).meta({ description: "At most so many.", ko: "최대 개수." }),
  }),
  result: z.strictObject({
    letter,
    base: z.string().describe("To be given to `dead-letters.edit`: what the change was made of."),
    records: z.array(z.strictObject({ row: z.number(), time: z.string(), record: z.json().describe("Without secrets.") })),
  }),
  async run({ id: wanted, first, limit }, _call, port) {
    const shown = await (await port.desk()).show(wanted, first, limit);
    return { ...shown, letter: factsOf(shown.letter) };
  },
});

const edit = define({
  name: "dead-letters.edit",
  summary: { en: "put records of a dead letter right", ko: "데드레터의 레코드를 고침" },
  role: "operator",
  effect: "change",
  key: "id",
  params: z.strictObject({
    id,
    base: z.string().meta({ description: "As `dead-letters.show` gave it; a letter that changed meanwhile is a conflict.", ko: "`dead-letters.show`가 준 값. 그 사이 바뀌었으면 충돌로 봅니다." }),
    changes: z
      .array(
        z.strictObject({
          row: z.number().int().min(0).meta({ description: "Which record, counted from 0.", ko: "몇 번째 레코드인지, 0부터 셈." }),
          record: z.record(z.string(), z.json()).optional().meta({ description: "As it was shown but for what is changed: hidden values that are left where they were stay. Without it, the record is taken out.", ko: "보인 그대로, 고칠 것만 바꿔서. 가린 값은 그 자리에 두면 유지됩니다. 쓰지 않으면 그 레코드를 뺍니다." }),
          time: z.string().optional().meta({ description: "Its time, where that changes: `2026-01-31T09:00:00.000Z`.", ko: "시각을 바꿀 때: `2026-01-31T09:00:00.000Z`." }),
        }),
      )
      .min(1)
      .max(RECORDS_MAX)
      .meta({ description: "What becomes of which record.", ko: "어느 레코드를 어떻게 바꿀지." }),
  }),
  result: z.strictObject({ records: z.number().describe("How many it holds now.") }),
  secret: ["changes"],
  async run({ id: wanted, base, changes }, { changed }, port) {
    changed({ subject: wanted, before: { base } });
    const records = await (await port.desk()).edit(wanted, base, changes);
    const removed = changes.filter(({ record }) => record === undefined).length;
    changed({ after: { records, changed: changes.length - removed, removed } });
    return { records };
  },
});

const replay = define({
  name: "dead-letters.replay",
  summary: { en: "send dead letters again through their pipelines' own outputs", ko: "데드레터를 파이프라인의 출력으로 다시 보냄" },
  role: "operator",
  effect: "change",
  params: z.strictObject({
    ids: z.array(id).min(1).max(IDS_MAX).optional().meta({ description: "Which ones; without it all, or all of the pipeline.", ko: "다시 보낼 것. 쓰지 않으면 모두, 또는 그 파이프라인의 모두." }),
    pipeline: z.string().min(1).optional().meta({ description: "Only letters of this pipeline.", ko: "이 파이프라인의 데드레터만." }),
  }),
  result: z.strictObject({
    replayed: z.number(),
    refusedAgain: z.number().describe("They stay, with the new reason."),
    left: z.number().describe("They stay as they were: their pipeline does not run, or is no more."),
    damaged: z.number(),
    problems: z.array(z.strictObject({ id, message: z.string(), ko: z.string().optional() })),
  }),
  async run({ ids, pipeline }, { signal, changed }, port) {
    changed({ subject: ids?.join(" ") ?? pipeline ?? "*" });
    const counts = await (await port.desk()).replay({ ids, pipeline }, signal);
    const { problems: _, ...after } = counts;
    changed({ after });
    return counts;
  },
});

const remove = define({
  name: "dead-letters.remove",
  summary: { en: "drop a dead letter for good", ko: "데드레터를 영구히 지움" },
  role: "operator",
  effect: "change",
  key: "id",
  params: z.strictObject({ id }),
  result: letter,
  async run({ id: wanted }, { changed }, port) {
    changed({ subject: wanted });
    const removed = factsOf(await (await port.desk()).remove(wanted));
    changed({ before: removed });
    return removed;
  },
});

/** But for its preview, which may hold anything. */
function factsOf({ id: own, pipeline, step, reason, at, tag, rows, bytes, isDamaged }: Letter): z.output<typeof letter> {
  return { id: own, pipeline, step, reason, atMs: Date.parse(at), tag, records: rows, bytes, isDamaged };
}

export const deadLetterCommands = [list, show, edit, replay, remove] as const satisfies readonly CommandDefinition<DeadLettersPort>[];
