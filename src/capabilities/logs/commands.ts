// What the agent has said, in this run and those before, and what it says from now on.
import { z } from "zod";
import type { JsonValue } from "#base/json.ts";
import { defineCommand } from "#kernel/commands/command.ts";
import type { CommandDefinition } from "#kernel/commands/command.ts";
import type { LogFilter, LogLine } from "#kernel/log-store/log-line.ts";
import type { LogFacets } from "#kernel/log-store/log-scan.ts";
import type { LogPage, LogPageRequest } from "#kernel/log-store/log-search.ts";
import type { LogFollowing } from "#kernel/log-store/log-store.ts";

export interface LogsPort {
  search(request: LogPageRequest, signal: AbortSignal): Promise<LogPage>;
  facets(filter: LogFilter, signal: AbortSignal): Promise<LogFacets>;
  around(id: number, lines: number): Promise<readonly LogLine[]>;
  /** Resolves when the reader has gone. */
  follow(following: LogFollowing): Promise<void>;
}

const define = defineCommand<LogsPort>();

const level = z.enum(["debug", "info", "warn", "error"]);
const line = z.strictObject({
  id: z.int().describe("Grows from line to line; none comes twice: a permalink."),
  atMs: z.number().describe("When, in milliseconds since 1970."),
  level,
  message: z.string(),
  fields: z.record(z.string(), z.json()),
});
const filter = {
  text: z.string().min(1).max(200).optional().meta({ description: "Anywhere in the message or a field, whatever the case; any part of a word, Korean too.", ko: "메시지나 필드의 어디든, 대소문자 구분 없이. 한글은 단어의 일부로도 찾습니다." }),
  level: level.optional().meta({ description: "At least so important.", ko: "이 수준 이상." }),
  pipeline: z.string().min(1).max(200).optional().meta({ description: "Of this pipeline only.", ko: "이 파이프라인 것만." }),
  step: z.string().min(1).max(200).optional().meta({ description: "Said by this step of a pipeline, as `2:parse.Json`.", ko: "`2:parse.Json` 같은 단계가 남긴 것만." }),
  regex: z.string().min(1).max(200).optional().meta({ description: "A regular expression (JavaScript's) that the message or its fields as JSON have somewhere, whatever the case; one that takes too long is broken off.", ko: "메시지나 필드(JSON)의 어딘가에 맞는 JavaScript 정규식, 대소문자 구분 없이. 너무 오래 걸리면 중단합니다." }),
};
const span = {
  fromMs: z.number().min(0).optional().meta({ description: "Not before this time, in milliseconds since 1970.", ko: "이 시각부터 (1970년부터의 밀리초)." }),
  toMs: z.number().min(0).optional().meta({ description: "Not after this time.", ko: "이 시각까지." }),
};
const lineFacts = (lines: readonly LogLine[]) => lines as unknown as z.input<typeof line>[];

const search = define({
  name: "logs.search",
  summary: { en: "what the agent has said, in this run and those before", ko: "에이전트가 남긴 로그를 지난 실행까지 검색" },
  role: "viewer",
  effect: "read",
  isCostly: true,
  params: z.strictObject({
    ...filter,
    ...span,
    before: z.int().min(0).optional().meta({ description: "Those with ids below it.", ko: "이 ID보다 앞의 것." }),
    after: z.int().min(0).optional().meta({ description: "Those with ids above it.", ko: "이 ID보다 뒤의 것." }),
    order: z.enum(["newest", "oldest"]).optional().meta({ description: "Which come first; the oldest with `after`, else the newest.", ko: "먼저 나올 것. `after`가 있으면 오래된 것, 아니면 새로운 것부터." }),
    limit: z.int().min(1).max(1000).default(100).meta({ description: "At most so many.", ko: "최대 개수." }),
  }),
  result: z.strictObject({ lines: z.array(line), hasMore: z.boolean().describe("There are more in this direction.") }),
  examples: [
    { line: "dure logs search --text refus --level warn", text: { en: "any part of a word, Korean too", ko: "단어의 일부로, 한글도" } },
    { line: "dure logs search --regex 'status=5\\d\\d'", text: { en: "by a regular expression", ko: "정규식으로" } },
    { line: "dure logs search --pipeline web-logs --limit 20", text: { en: "the last twenty of a pipeline", ko: "한 파이프라인의 마지막 20줄" } },
  ],
  async run(params, { signal }, port) {
    const { lines, hasMore } = await port.search(params, signal);
    return { lines: lineFacts(lines), hasMore };
  },
});

const counted = z.strictObject({ value: z.string().describe("What the lines have."), count: z.int().describe("So many lines.") });
const facets = define({
  name: "logs.facets",
  summary: { en: "how many lines of each level, pipeline and step were found", ko: "찾은 로그를 수준, 파이프라인, 단계별로 센 수" },
  role: "viewer",
  effect: "read",
  isCostly: true,
  params: z.strictObject({ ...filter, ...span }),
  result: z.strictObject({
    lines: z.int().describe("So many lines were counted, the newest."),
    hasMore: z.boolean().describe("There are older ones that were not counted."),
    levels: z.array(counted).describe("The most frequent first."),
    pipelines: z.array(counted).describe("The most frequent first, twenty at most."),
    steps: z.array(counted).describe("The most frequent first, twenty at most."),
  }),
  examples: [{ line: "dure logs facets --text refused", text: { en: "who says it, and how often", ko: "어디에서 얼마나 나오는지" } }],
  async run(params, { signal }, port) {
    const { levels, pipelines, steps, ...rest } = await port.facets(params, signal);
    return { ...rest, levels: [...levels], pipelines: [...pipelines], steps: [...steps] };
  },
});

const around = define({
  name: "logs.around",
  summary: { en: "a line of the log with those before and after it", ko: "로그 한 줄과 그 앞뒤" },
  role: "viewer",
  effect: "read",
  isCostly: true,
  key: "id",
  params: z.strictObject({
    id: z.int().min(1).meta({ description: "Of the line.", ko: "그 줄의 ID." }),
    lines: z.int().min(0).max(500).default(20).meta({ description: "So many before it, and so many after it.", ko: "앞뒤로 보여 줄 줄 수." }),
  }),
  result: z.strictObject({ lines: z.array(line).describe("The oldest first.") }),
  run: async ({ id, lines }, _call, port) => ({ lines: lineFacts(await port.around(id, lines)) }),
});

const follow = define({
  name: "logs.follow",
  summary: { en: "what the agent said lately, and says from now on", ko: "에이전트가 방금 남긴 로그와 앞으로 남길 로그" },
  role: "viewer",
  effect: "read",
  params: z.strictObject({
    ...filter,
    after: z.int().min(0).optional().meta({ description: "Begin behind this id: what a reader whose connection broke had last. Without it, with what was said lately.", ko: "이 ID 다음부터. 연결이 끊긴 뒤 이어 읽을 때 씁니다. 쓰지 않으면 방금 남긴 로그부터." }),
  }),
  result: z.null(),
  event: z.union([line, z.strictObject({ lost: z.int().describe("So many lines are gone: the reader was away for too long.") })]),
  async run(params, { emit, signal }, port) {
    const onLost = (lost: number): (() => boolean) => {
      const event = { lost };
      return () => emit(event);
    };
    await port.follow({ ...params, emit: (each) => emit(each as unknown as JsonValue), onLost, signal });
    return null;
  },
});

export const logCommands = [search, facets, around, follow] as const satisfies readonly CommandDefinition<LogsPort>[];
