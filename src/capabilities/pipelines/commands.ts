// What one can ask of the pipelines, and tell them.
import { z } from "zod";
import type { JsonValue } from "#base/json.ts";
import { ended } from "#base/signals.ts";
import { isAtLeast } from "#kernel/access/caller.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import { pipelineGraph } from "#kernel/config/graph.ts";
import { graphSchema, placeSchema } from "#kernel/config/graph-schema.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import { defineCommand } from "#kernel/commands/command.ts";
import type { CommandDefinition } from "#kernel/commands/command.ts";
import { redactedRecord } from "#kernel/redact-record.ts";
import type { GivenRecord } from "#sdk/plugin.ts";
import type { Looks } from "./look.ts";
import { bufferCommands } from "./buffer-commands.ts";
import type { BuffersPort } from "./buffer-commands.ts";
import { deadLetterCommands } from "./dead-letter-commands.ts";
import type { DeadLettersPort } from "./dead-letter-commands.ts";
import { filePositions } from "./file-positions.ts";
import { makeTest } from "./make-test.ts";
import type { MakeTestPort } from "./make-test.ts";
import { noPipeline } from "./pipeline-failures.ts";
import { LOOK_EVERY_MS, statusOf } from "./look.ts";
import { counted } from "./history.ts";
import type { Counted, History } from "./history.ts";
import type { PipelineReport } from "./pipelines.ts";
import { PER_SECOND_MAX } from "./taps.ts";
import type { TapSeats } from "./tap-seats.ts";
import type { Sample, TapRequest } from "./taps.ts";

export interface PipelinesPort extends DeadLettersPort, BuffersPort, MakeTestPort {
  readonly looks: Pick<Looks, "look" | "watch">;
  readonly history: Pick<History, "page">;
  readonly seats: TapSeats;
  /** What runs now. */
  plan(): AgentPlan;
  tap(pipeline: string, request: TapRequest, show: (sample: Sample) => void): Promise<() => void>;
  samples(pipeline: string): Promise<readonly GivenRecord[]>;
  pause(pipeline: string, by: string): Promise<PipelineReport>;
  resume(pipeline: string): Promise<PipelineReport>;
}

const define = defineCommand<PipelinesPort>();

const held = z.strictObject({ bytes: z.number(), batches: z.number(), bytesMax: z.number().optional() });
const status = z.strictObject({
  name: z.string(),
  state: z.string().describe("starting, running, restarting, paused, ended or failed"),
  recordsIn: z.number(),
  recordsOut: z.number(),
  bytesIn: z.number(),
  bytesOut: z.number(),
  retries: z.number(),
  deadLetters: z.number(),
  error: z.string().optional(),
  paused: z.strictObject({ by: z.string(), sinceMs: z.number() }).optional().describe("Who has paused it, and when."),
  failing: z.array(z.strictObject({ step: z.string(), sinceMs: z.number(), reason: z.string(), isBypassed: z.boolean().optional().describe("A failover sends what it does not take another way.") })).optional().describe("Outputs that take nothing now."),
  steps: z.array(z.strictObject({ step: z.string(), recordsIn: z.number(), busyMs: z.number().optional().describe("How long it was at work so far: 1000 more in a second, and it can do no more."), held: held.optional() })).optional(),
});
const look = z.strictObject({
  atMs: z.number(),
  pipelines: z.array(status),
  before: z.strictObject({ atMs: z.number(), pipelines: z.array(status) }).optional().describe("The same some seconds ago: both together are rates."),
});

const oneByName = z.strictObject({ name: z.string().min(1).meta({ description: "The pipeline.", ko: "파이프라인 이름." }) });

const list = define({
  name: "pipelines.list",
  summary: { en: "what the pipelines do now", ko: "파이프라인의 지금 상태" },
  role: "viewer",
  effect: "read",
  params: z.strictObject({}),
  result: look,
  run: (_params, _call, port) => port.looks.look(),
});

const show = define({
  name: "pipelines.show",
  summary: { en: "one pipeline: what it does, and what it is made of", ko: "파이프라인 하나의 상태와 구성" },
  role: "viewer",
  effect: "read",
  key: "name",
  params: oneByName,
  result: z.strictObject({
    atMs: z.number(),
    status,
    before: z.strictObject({ atMs: z.number(), status }).optional().describe("The same some seconds ago: both together are rates."),
    graph: graphSchema,
    retry: z.strictObject({ firstMs: z.number(), mostMs: z.number(), attemptsMax: z.number().nullable().describe("null: an output is tried until it takes what it is given.") }),
    place: placeSchema.describe("Where it stands in the config."),
  }),
  async run({ name }, _call, { looks, plan }) {
    const pipeline = plan().pipelines.find((each) => each.name === name);
    const { atMs, pipelines, before } = await looks.look();
    const now = pipelines.find((each) => each.name === name);
    if (pipeline === undefined || now === undefined) throw noPipeline(name, pipelines.map((each) => each.name));
    const then = before?.pipelines.find((each) => each.name === name);
    return { atMs, status: now, ...(before === undefined || then === undefined ? {} : { before: { atMs: before.atMs, status: then } }), graph: pipelineGraph(pipeline), retry: pipeline.retry, place: pipeline.place };
  },
});

const numbers = z.array(z.number());
const history = define({
  name: "pipelines.history",
  summary: { en: "how much moved in the last 15 minutes", ko: "최근 15분 동안 처리한 양" },
  role: "viewer",
  effect: "read",
  params: z.strictObject({
    name: z.string().min(1).optional().meta({ description: "Only this pipeline.", ko: "이 파이프라인만." }),
    seconds: z.number().int().min(2).max(900).default(900).meta({ description: "How far back.", ko: "얼마나 전부터인지 (초)." }),
  }),
  result: z.strictObject({
    everyMs: z.number(),
    atMs: numbers.describe("When each sample was taken, the oldest first."),
    pipelines: z
      .array(z.strictObject({ name: z.string(), ...(Object.fromEntries(counted.map((key) => [key, numbers])) as Record<Counted, typeof numbers>) }))
      .describe("What moved since the sample before; `heldBytes` is what buffers held then. Pipelines of which nothing moved are left out."),
  }),
  run: ({ name, seconds }, _call, port) => ({ everyMs: LOOK_EVERY_MS, ...port.history.page({ sinceMs: Date.now() - seconds * 1000, name }) }),
});

const watch = define({
  name: "pipelines.watch",
  summary: { en: "what the pipelines do, once a second", ko: "파이프라인의 상태를 1초마다" },
  role: "viewer",
  effect: "read",
  params: z.strictObject({}),
  result: z.null(),
  event: look,
  async run(_params, { emit, signal }, { looks }) {
    const away = looks.watch((seen) => void emit(seen as unknown as JsonValue));
    await ended(signal);
    away();
    return null;
  },
});

const tap = define({
  name: "pipelines.tap",
  summary: { en: "the records that pass a step, as they pass", ko: "단계를 지나는 레코드를 실시간으로 봄" },
  role: "operator",
  effect: "read",
  isAudited: true,
  key: "pipeline",
  params: z.strictObject({
    pipeline: z.string().min(1).meta({ description: "The pipeline.", ko: "파이프라인 이름." }),
    step: z.string().min(1).default("1").meta({ description: "`3`, `3.1.2`, or the step's name: `parse.Regex`.", ko: "`3`, `3.1.2` 또는 단계 이름: `parse.Regex`." }),
    where: z.string().optional().meta({ description: "Only records for which this is true: `r.status >= 500`.", ko: "식이 참인 레코드만: `r.status >= 500`." }),
    isDiff: z.boolean().default(false).meta({ description: "What came to the step as well.", ko: "단계에 들어온 것도 함께." }),
    perSecondMax: z.number().positive().max(PER_SECOND_MAX).default(100).meta({ description: "The most that is shown in a second; the rest is counted.", ko: "초당 보여 줄 최대 개수. 나머지는 세기만 합니다." }),
    isWhole: z.boolean().default(false).meta({ description: "Passwords and other secrets as well; admins only.", ko: "비밀번호 같은 비밀 값도 그대로. 관리자만." }),
  }),
  result: z.null(),
  event: z.strictObject({
    step: z.string(),
    tag: z.string(),
    records: z.array(z.strictObject({ timeMs: z.number(), before: z.json().optional(), after: z.json().optional() })),
    skipped: z.number().describe("Records that were not shown since the last event."),
  }),
  async run({ pipeline, step, where, isDiff, perSecondMax, isWhole }, { caller, emit, signal }, port) {
    if (isWhole && !isAtLeast(caller.role, "admin"))
      throw new CommandFailure("FORBIDDEN", { message: "only admins may see secrets in records", hint: "Leave `isWhole` out.", ko: { message: "레코드의 비밀 값은 관리자만 볼 수 있습니다", hint: "`isWhole` 없이 요청하세요." } });
    using _ = port.seats.take(caller.name);
    let lost = 0;
    const away = await port.tap(pipeline, { step, isDiff, perSecondMax, isWhole, ...(where === undefined ? {} : { where }) }, (sample) => {
      const isTaken = emit({ ...sample, skipped: sample.skipped + lost } as unknown as JsonValue);
      lost = isTaken ? 0 : lost + sample.skipped + sample.records.length;
    });
    await ended(signal);
    away();
    return null;
  },
});

const samples = define({
  name: "pipelines.samples",
  summary: { en: "the last records that an input with `keep` gave on", ko: "`keep` 옵션을 쓴 입력이 마지막으로 보낸 레코드" },
  role: "operator",
  effect: "read",
  isAudited: true,
  key: "name",
  params: oneByName,
  result: z.strictObject({ samples: z.array(z.strictObject({ atMs: z.number(), record: z.json().describe("Without secrets.") })).describe("The oldest first; none where the input keeps none.") }),
  examples: [{ line: "dure pipelines samples announcer-resources", text: { en: "what was posted to the central server last", ko: "중앙 서버에 마지막으로 보낸 것" } }],
  run: async ({ name }, _call, port) => ({ samples: (await port.samples(name)).map(({ atMs, record }) => ({ atMs, record: redactedRecord(record) })) }),
});

const positions = define({
  name: "pipelines.positions",
  summary: { en: "how far a pipeline has read the files it follows", ko: "파이프라인이 따라 읽는 파일을 어디까지 읽었는지" },
  role: "operator",
  effect: "read",
  key: "name",
  params: oneByName,
  result: z.strictObject({
    positions: z
      .array(
        z.strictObject({
          path: z.string().describe("Of the file."),
          offset: z.number().describe("Bytes that were read and settled; of a compressed file, of what it holds."),
          atMs: z.number().describe("When something of it was last given on, in milliseconds since 1970."),
          bytes: z.number().optional().describe("How long the file is; left out: it is gone."),
          lagBytes: z.number().optional().describe("Bytes still to be read; left out: it is gone, or compressed."),
        }),
      )
      .describe("Those read last come first; none for an input that follows no files."),
    hasMore: z.boolean().describe("There are more files than are shown."),
  }),
  examples: [{ line: "dure pipelines positions web-logs", text: { en: "each file, the offset, and what is still to be read", ko: "파일마다 오프셋과 남은 크기" } }],
  async run({ name }, _call, port) {
    const plan = port.plan();
    const found = await filePositions(plan, name);
    if (found === undefined) throw noPipeline(name, plan.pipelines.map((each) => each.name));
    return { positions: [...found.positions], hasMore: found.hasMore };
  },
});

const pause = define({
  name: "pipelines.pause",
  summary: { en: "write what is in hand and close a pipeline, until it is resumed", ko: "받은 것을 모두 쓰고 파이프라인을 일시정지" },
  role: "operator",
  effect: "change",
  key: "name",
  params: oneByName,
  result: status,
  examples: [{ line: "dure pipelines pause web-logs", text: { en: "it stays paused over a reload, and starts with the agent", ko: "reload 뒤에도 멈춰 있고, 에이전트를 다시 시작하면 함께 시작됩니다" } }],
  async run({ name }, { caller, changed }, port) {
    const before = await stateOf(name, port);
    changed({ subject: name, before });
    const after = statusOf(await port.pause(name, caller.name));
    changed({ after: { state: after.state } });
    return after;
  },
});

const resume = define({
  name: "pipelines.resume",
  summary: { en: "let a paused pipeline go on where it was", ko: "일시정지한 파이프라인을 이어서 실행" },
  role: "operator",
  effect: "change",
  key: "name",
  params: oneByName,
  result: status,
  async run({ name }, { changed }, port) {
    const before = await stateOf(name, port);
    changed({ subject: name, before });
    const after = statusOf(await port.resume(name));
    changed({ after: { state: after.state } });
    return after;
  },
});

async function stateOf(name: string, port: PipelinesPort): Promise<JsonValue> {
  const { pipelines } = await port.looks.look();
  return { state: pipelines.find((each) => each.name === name)?.state ?? null };
}

export const pipelineCommands = [list, show, history, watch, tap, makeTest, samples, positions, pause, resume, ...deadLetterCommands, ...bufferCommands] as const satisfies readonly CommandDefinition<PipelinesPort>[];
