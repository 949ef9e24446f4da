// What one can ask of the jobs, and tell them.
import { z } from "zod";
import type { JsonValue } from "#base/json.ts";
import { ended } from "#base/signals.ts";
import { defineCommand } from "#kernel/commands/command.ts";
import type { CommandCall, CommandDefinition } from "#kernel/commands/command.ts";
import { CommandFailure, failureFacts } from "#kernel/commands/failure.ts";
import type { JobQuery, JobRecord } from "#sdk/job-store.ts";
import { HOUSE } from "#sdk/queue.ts";
import { errorSchema, jobsLookSchema, operatorInfoSchema, pageSchema, problemsSchema, recordSchema, ruleSchema, stateSchema } from "./job-schemas.ts";
import { keyElsewhere, twoArguments } from "./job-failures.ts";
import type { JobEngine, JobsLook, Which } from "./jobs.ts";
import { answerMessage } from "./raw-message.ts";

/** What the commands need of the running agent. */
export interface JobsPort {
  /** Rejects with CommandFailure where there are no jobs. */
  engine(): Promise<JobEngine>;
  isAny(): boolean;
  /** A look once a second, for as long as somebody watches. */
  watch(show: (look: JobsLook) => void): () => void;
  /** The agent ends in good order. */
  endAgent(): void;
}

const define = defineCommand<JobsPort>();

const WAIT_MS_MAX = 3_600_000;
const IDS_MAX = 10_000;
/** Of one call. */
const MANY_MAX = 1000;
const MESSAGE_CHARACTERS_MAX = 1 << 20;

const id = z.string().min(1).max(200).meta({ description: "The job.", ko: "작업 ID." });
const labels = z.record(z.string().max(100), z.string().max(1000)).meta({ description: "Words to find it by: `{\"company\": \"1\"}`.", ko: "나중에 찾을 때 쓸 꼬리표: `{\"company\": \"1\"}`." });
const filter = {
  states: z.array(stateSchema).optional().meta({ description: "Only jobs in these states; `failed` are the dead letters.", ko: "이 상태의 작업만. `failed`는 포기한 작업이다." }),
  rule: z.string().max(500).optional().meta({ description: "Only jobs of this rule.", ko: "이 규칙의 작업만." }),
  kind: z.enum(["jobs", "notices", "all"]).optional().meta({ description: "`jobs` are those that users want, `notices` what notifiers are told, `all` both. Without it jobs alone, unless `rule` names a notifier.", ko: "`jobs`는 사용자의 작업, `notices`는 알림 대상에 보내는 알림, `all`은 둘 다. 없으면 작업만 다루며, `rule`이 알림 대상이면 그 알림을 다룬다." }),
  text: z.string().max(500).optional().meta({ description: "Words that all occur in its id, rule, data, result, error, key or labels.", ko: "ID, 규칙, 데이터, 결과, 오류, 키, 꼬리표에 모두 들어 있는 말." }),
  labels: labels.optional(),
  fromMs: z.int().optional().meta({ unit: "time", description: "Created from this moment on.", ko: "이 시각부터 만든 작업." }),
  toMs: z.int().optional().meta({ unit: "time", description: "Created before this moment.", ko: "이 시각 전에 만든 작업." }),
};
const argument = {
  data: z.json().optional().meta({ exact: "dataJson", description: "Its argument: JSON; `{}` without one.", ko: "인자: JSON. 없으면 `{}`." }),
  dataJson: z.string().optional().meta({ description: "Its argument in place of `data`: JSON as a text. It reaches the rule as it is written, so a number of any length stays exact; and nobody takes it apart on its way.", ko: "`data` 대신 글로 준 JSON 인자. 쓴 그대로 규칙에 전달되므로 아무리 긴 숫자도 정확하고, 중간에서 풀었다 다시 쓰지 않아 더 빠르다." }),
};
const which = z.strictObject({ ids: z.array(id).max(IDS_MAX).optional().meta({ description: "These jobs.", ko: "이 작업들." }), ...filter });

const submit = define({
  name: "jobs.submit",
  summary: { en: "have a rule run with these arguments", ko: "규칙을 이 인자로 실행" },
  role: "operator",
  effect: "change",
  hasOwnRecord: true,
  unaudited: ["data", "dataJson"],
  key: "rule",
  params: z.strictObject({
    rule: z.string().min(1).max(500).meta({ description: "The rule: `test.module:TestClass.callme`.", ko: "규칙: `test.module:TestClass.callme`." }),
    ...argument,
    priority: z.int().min(0).max(9).optional().meta({ description: "0 … 9; the greater first.", ko: "0~9. 클수록 먼저." }),
    delayMs: z.int().min(0).optional().meta({ unit: "duration", description: "Not before so long from now.", ko: "지금부터 이만큼 지난 뒤에." }),
    atMs: z.int().optional().meta({ unit: "time", isAhead: true, description: "Not before this moment.", ko: "이 시각이 된 뒤에." }),
    key: z.string().min(1).max(500).optional().meta({ description: "Idempotency key: as long as a job with it is kept, this is that one.", ko: "멱등 키: 같은 키의 작업이 남아 있으면 새로 만들지 않고 그 작업을 준다." }),
    labels: labels.optional(),
    wait: z.boolean().default(false).meta({ description: "Wait for its end, and give what came of it.", ko: "끝날 때까지 기다려 결과를 준다." }),
    timeoutMs: z.int().min(0).max(WAIT_MS_MAX).default(60_000).meta({ unit: "duration", description: "With `wait`: so long.", ko: "`wait`일 때 기다리는 시간." }),
  }),
  result: z.strictObject({ id: z.string(), isNew: z.boolean().describe("False: a job with this key was there."), job: recordSchema.optional().describe("With `wait`.") }),
  examples: [{ line: `dure jobs submit test.module:TestClass.callme --data '{"arg1":"hello"}' --wait`, text: { en: "run a rule and see what it gives", ko: "규칙을 실행하고 결과를 봅니다" } }],
  async run({ rule, data, dataJson, priority, delayMs, atMs, key, labels: given, wait, timeoutMs }, call, port) {
    const engine = await port.engine();
    const runAtMs = delayMs === undefined ? atMs : Date.now() + delayMs;
    const [submitted] = await engine.submit([{ rule, data: argumentOf(data, dataJson), from: byCaller(call), ...(priority === undefined ? {} : { priority }), ...(runAtMs === undefined ? {} : { runAtMs }), ...(key === undefined ? {} : { key }), ...(given === undefined ? {} : { labels: given }) }]);
    if (submitted === undefined) throw new CommandFailure("FAILED", { message: "the queue did not say what became of it" });
    return wait ? { ...submitted, job: await waitedFor(engine, submitted, timeoutMs) } : submitted;
  },
});

const submitMany = define({
  name: "jobs.submit-many",
  summary: { en: "have rules run, many jobs at a time", ko: "여러 작업을 한꺼번에 실행" },
  role: "operator",
  effect: "change",
  hasOwnRecord: true,
  unaudited: ["jobs"],
  params: z.strictObject({
    jobs: z
      .array(
        z.strictObject({
          rule: z.string().min(1).max(500).meta({ description: "The rule.", ko: "규칙." }),
          ...argument,
          data: z.unknown().optional().meta({ description: "Its argument: JSON.", ko: "인자: JSON." }), // Nobody looks through it twice.
          priority: z.int().min(0).max(9).optional().meta({ description: "0 … 9; the greater first.", ko: "0~9. 클수록 먼저." }),
          key: z.string().min(1).max(500).optional().meta({ description: "Idempotency key.", ko: "멱등 키." }),
        }),
      )
      .max(MANY_MAX)
      .default([])
      .meta({ description: "Each with its `rule` and `data` or `dataJson`, and `priority` and `key` if it has them.", ko: "작업 목록. 각각 `rule`과 `data`(또는 `dataJson`), 필요하면 `priority`와 `key`." }),
    wait: z.boolean().default(false).meta({ description: "Wait for their ends, and give what came of each.", ko: "모두 끝날 때까지 기다려 결과를 준다." }),
    timeoutMs: z.int().min(0).max(WAIT_MS_MAX).default(60_000).meta({ unit: "duration", description: "With `wait`: so long.", ko: "`wait`일 때 기다리는 시간." }),
  }),
  result: z.strictObject({ jobs: z.array(z.strictObject({ id: z.string(), isNew: z.boolean(), state: z.enum(["succeeded", "failed", "cancelled"]).optional().describe("Missing: it has not ended yet, or was not waited for."), result: z.string().optional().describe("JSON."), error: errorSchema.optional() })) }),
  async run({ jobs, wait: isWaited, timeoutMs }, call, port) {
    const engine = await port.engine();
    const wanted = jobs.map(({ rule, data, dataJson, priority, key }) => ({ rule, data: argumentOf(data, dataJson), from: byCaller(call), ...(priority === undefined ? {} : { priority }), ...(key === undefined ? {} : { key }) }));
    return { jobs: isWaited ? await engine.run(wanted, timeoutMs) : await engine.submit(wanted) };
  },
});

const list = define({
  name: "jobs.list",
  summary: { en: "jobs that wait, run or have ended", ko: "기다리거나 실행 중이거나 끝난 작업" },
  role: "viewer",
  effect: "read",
  isCostly: true,
  params: z.strictObject({ ...filter, after: z.string().max(40).optional().meta({ description: "`next` of the answer before.", ko: "앞 응답의 `next`." }), limit: z.int().min(1).max(1000).default(100).meta({ description: "So many at most.", ko: "최대 개수." }), order: z.enum(["newest", "oldest"]).default("newest").meta({ description: "Which come first.", ko: "먼저 보일 것." }) }),
  result: pageSchema,
  examples: [{ line: "dure jobs list --states failed --text hello", text: { en: "dead letters with this word", ko: "이 말이 들어 있는 실패한 작업" } }, { line: "dure jobs list --kind notices", text: { en: "what notifiers are told", ko: "알림 대상에 보내는 알림" } }],
  run: async ({ kind, ...query }, _call, port) => (await port.engine()).list({ ...defined(query), ...ofKind(kind, query.rule) }),
});

const show = define({
  name: "jobs.show",
  summary: { en: "one job: its arguments, its attempts, what came of it", ko: "작업 하나의 인자, 시도, 결과" },
  role: "operator",
  effect: "read",
  isAudited: true,
  key: "id",
  params: z.strictObject({ id }),
  result: recordSchema,
  run: async (params, _call, port) => (await port.engine()).show(params.id),
});

const wait = define({
  name: "jobs.wait",
  summary: { en: "wait until a job has ended", ko: "작업이 끝날 때까지 기다림" },
  role: "operator",
  effect: "read",
  isAudited: true,
  key: "id",
  params: z.strictObject({ id, timeoutMs: z.int().min(0).max(WAIT_MS_MAX).default(60_000).meta({ unit: "duration", description: "So long; then the job is given as it is.", ko: "기다리는 시간. 지나면 그때의 작업을 준다." }) }),
  result: recordSchema,
  run: async (params, _call, port) => (await port.engine()).wait(params.id, params.timeoutMs),
});

const counts = define({
  name: "jobs.counts",
  summary: { en: "how many jobs there are of each rule in each state", ko: "규칙과 상태별 작업 수" },
  role: "viewer",
  effect: "read",
  params: z.strictObject({}),
  result: z.strictObject({ counts: z.array(z.strictObject({ rule: z.string(), state: z.string(), count: z.number() })) }),
  run: async (_params, _call, port) => ({ counts: await (await port.engine()).counts() }),
});

const retry = define({
  name: "jobs.retry",
  summary: { en: "run jobs that have ended again, as new ones", ko: "끝난 작업을 새 작업으로 다시 실행" },
  role: "operator",
  effect: "change",
  unaudited: ["data", "dataJson"],
  params: which.extend({
    data: z.json().optional().meta({ exact: "dataJson", description: "Of one job: another argument than before.", ko: "작업 하나를 다른 인자로 실행할 때의 인자." }),
    dataJson: z.string().optional().meta({ description: "The same in place of `data`: JSON as a text, that stays as it is written.", ko: "`data` 대신 글로 준 JSON 인자. 쓴 그대로 전달된다." }),
  }),
  result: z.strictObject({ retried: z.array(z.strictObject({ id: z.string(), as: z.string() })) }),
  examples: [{ line: "dure jobs retry --states failed --rule test.module:TestClass.callme", text: { en: "all dead letters of a rule", ko: "한 규칙의 실패한 작업 모두" } }],
  async run({ data, dataJson, ...chosen }, call, port) {
    const edited = data === undefined && dataJson === undefined ? undefined : { data: argumentOf(data, dataJson) };
    return { retried: await (await port.engine()).replay(whichOf(chosen), byCaller(call), edited) };
  },
});

const cancel = define({
  name: "jobs.cancel",
  summary: { en: "take away jobs that wait, and end those that run", ko: "기다리는 작업을 취소하고 실행 중인 작업을 중단" },
  role: "operator",
  effect: "change",
  params: which,
  result: z.strictObject({ cancelled: z.number() }),
  run: async (chosen, call, port) => ({ cancelled: await (await port.engine()).cancel(whichOf(chosen), byCaller(call)) }),
});

const forget = define({
  name: "jobs.forget",
  summary: { en: "forget jobs that have ended, before their time", ko: "끝난 작업의 기록을 지움" },
  role: "admin",
  effect: "change",
  params: which,
  result: z.strictObject({ forgotten: z.number() }),
  run: async (chosen, _call, port) => ({ forgotten: await (await port.engine()).forget(whichOf(chosen)) }),
});

const look = define({
  name: "jobs.look",
  summary: { en: "the queue and the workers as they are now", ko: "큐와 워커의 지금 상태" },
  role: "viewer",
  effect: "read",
  params: z.strictObject({}),
  result: jobsLookSchema,
  run: async (_params, _call, port) => (await port.engine()).look(),
});

const watch = define({
  name: "jobs.watch",
  summary: { en: "the queue and the workers, once a second", ko: "큐와 워커를 1초마다" },
  role: "viewer",
  effect: "read",
  params: z.strictObject({}),
  result: z.null(),
  event: jobsLookSchema,
  async run(_params, { emit, signal }, port) {
    await port.engine();
    const away = port.watch((seen) => void emit(seen as unknown as JsonValue));
    await ended(signal);
    away();
    return null;
  },
});

const rules = define({
  name: "jobs.rules",
  summary: { en: "what can be called, and what of the rules folder cannot", ko: "호출할 수 있는 규칙과 불러오지 못한 파일" },
  role: "viewer",
  effect: "read",
  params: z.strictObject({}),
  result: z.strictObject({ rules: z.array(ruleSchema), problems: problemsSchema }),
  run: async (_params, _call, port) => (await (await port.engine()).rules()) as never,
});

const reload = define({
  name: "jobs.reload",
  summary: { en: "read the rules folder anew", ko: "규칙 폴더를 다시 읽음" },
  role: "operator",
  effect: "change",
  params: z.strictObject({}),
  result: z.strictObject({ rules: z.number(), problems: problemsSchema }),
  run: async (_params, _call, port) => (await port.engine()).reloadRules(),
});

const manage = define({
  name: "jobs.manage",
  summary: { en: "the old operator's management: start, stop and show workers", ko: "예전 Operator의 관리 명령: 워커 시작, 종료, 조회" },
  role: "operator",
  effect: "change",
  params: z.strictObject({
    action: z.string().max(100).meta({ description: "`start`, `stop` or `info`.", ko: "동작: `start`, `stop`, `info`." }),
    target: z.string().max(100).default("").meta({ description: "`worker`, `watcher`, `management`, or `all` to stop.", ko: "`worker`, `watcher`, `management`. 종료할 때는 `all`도 쓴다." }),
    detail: z.string().max(100).default("").meta({ description: "`all`, `3`, `3(40)`, `pid=4711`, `count=1`.", ko: "대상의 수나 번호: `all`, `3`, `3(40)`, `pid=4711`, `count=1`." }),
  }),
  result: z.strictObject({ message: z.string(), info: operatorInfoSchema.optional() }),
  examples: [{ line: "dure jobs manage --action start --target worker --detail '3(40)'", text: { en: "three more workers of 40 slots", ko: "슬롯 40개짜리 워커 세 개를 더 시작합니다" } }],
  async run(order, call, port) {
    if (order.action === "stop" && order.target === "all" && call.caller.role !== "admin") throw new CommandFailure("FORBIDDEN", { message: "only an admin may stop the agent", ko: { message: "에이전트는 관리자만 멈출 수 있습니다" } });
    const { isEnd, ...answer } = await (await port.engine()).manage(order);
    if (isEnd === true) endSoon(port);
    return answer;
  },
});

const workers = define({
  name: "jobs.workers",
  summary: { en: "the workers and what each runs, as the old operator showed them", ko: "워커와 실행 중인 작업을 예전 Operator의 형식으로" },
  role: "operator",
  effect: "read",
  params: z.strictObject({}),
  result: operatorInfoSchema,
  async run(_params, _call, port) {
    const { info } = await (await port.engine()).manage({ action: "info", target: "worker", detail: "all" });
    if (info === undefined) throw new CommandFailure("FAILED", { message: "the workers did not say how they are" });
    return info;
  },
});

const message = define({
  name: "jobs.message",
  summary: { en: "a raw message of the old operator, answered as its queues would", ko: "예전 Operator의 전문을 그대로 보내고 같은 형식의 응답을 받음" },
  role: "operator",
  effect: "change",
  // It may hold keys of other systems, and nobody knows where.
  unaudited: ["text"],
  params: z.strictObject({
    text: z.string().min(1).max(MESSAGE_CHARACTERS_MAX).meta({ description: "The message, JSON: a task with `op_code` and `op_data`, or management with `op_action`.", ko: "전문(JSON). `op_code`와 `op_data`가 있는 처리 전문, 또는 `op_action`이 있는 관리 전문." }),
    timeoutMs: z.int().min(0).max(WAIT_MS_MAX).default(50_000).meta({ unit: "duration", description: "How long a task is waited for.", ko: "처리 전문의 작업을 기다리는 시간." }),
  }),
  result: z.strictObject({ reply: z.string().optional().describe("As it would stand in the outbound queue; missing where none would.") }),
  examples: [{ line: `dure jobs message --text '{"location":"2","direction":"1","op_action":"info","op_target":"worker","op_detail":"all"}'`, text: { en: "ask as the old test page did", ko: "예전 테스트 페이지처럼 조회합니다" } }],
  async run({ text, timeoutMs: waitMs }, call, port) {
    const { reply, isEnd } = await answerMessage(text, { engine: await port.engine(), by: byCaller(call), mayEnd: call.caller.role === "admin", waitMs });
    if (isEnd === true) endSoon(port);
    return reply === undefined ? {} : { reply };
  },
});

const ANSWER_MS = 200;

export const jobCommands = [submit, submitMany, list, show, wait, counts, retry, cancel, forget, look, watch, rules, reload, manage, workers, message] satisfies readonly CommandDefinition<JobsPort>[];

/** As JSON. */
function argumentOf(data: unknown, dataJson: string | undefined): string {
  if (dataJson === undefined) return JSON.stringify(data === undefined ? {} : data);
  if (data !== undefined) throw twoArguments();
  return dataJson;
}

/** `cli:admin`, `http:kim`: as it stands in what was submitted. */
export function byCaller({ caller }: CommandCall): string {
  const { edge, name } = caller;
  return edge === "local" ? `cli:${name.replace(/^local:/, "")}` : `${edge}:${name}`;
}

/** The answer is on its way by then. */
function endSoon(port: JobsPort): void {
  setTimeout(() => port.endAgent(), ANSWER_MS);
}

/** Of a job that is another agent's, for it has the key, nothing is known here. */
async function waitedFor(engine: JobEngine, { id, isNew }: { readonly id: string; readonly isNew: boolean }, waitMs: number): Promise<JobRecord> {
  try {
    return await engine.wait(id, waitMs);
  } catch (error) {
    throw !isNew && failureFacts(error).code === "NOT_FOUND" ? keyElsewhere(id) : error;
  }
}

/** Whoever does something with jobs means no notices, unless he says so. */
function ofKind(kind: "jobs" | "notices" | "all" | undefined, rule: string | undefined): Pick<JobQuery, "isOfHouse"> {
  if (kind === "all" || (kind === undefined && rule?.startsWith(HOUSE) === true)) return {};
  return { isOfHouse: kind === "notices" };
}

function whichOf({ ids, kind, ...query }: z.output<typeof which>): Which {
  if (ids !== undefined) return { ids };
  if (Object.values(query).every((value) => value === undefined)) throw new CommandFailure("INVALID", { message: "says of no job", hint: "Give ids, or what to look for; `states` alone means all in that state.", ko: { message: "어느 작업인지 없습니다", hint: "ID나 찾을 조건을 주세요. `states`만 주면 그 상태의 모든 작업입니다." } });
  return { query: { ...defined(query), ...ofKind(kind, query.rule) } };
}

/** Without what was not given. */
function defined<T extends object>(given: T): { readonly [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never;
}
