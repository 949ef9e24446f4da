// Jobs in all their states, workers and rules, for pictures and trials of the dashboard.
import { forever } from "./fake-agent.ts";
import type { Answers } from "./fake-agent.ts";

const NOW = Date.UTC(2026, 10, 23, 3, 0, 0);
const ESC = "\u001b";
const RULES = ["test.module:TestClass.callme", "aws.Region:SizeList.get", "mail.send:send", "보고서.월간:만들기"] as const;

interface FakeJob {
  readonly id: string;
  readonly rule: string;
  readonly state: string;
  readonly createdMs: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly error?: { readonly kind: string; readonly message: string; readonly stack?: string };
  readonly replayedAs?: string;
  readonly [more: string]: unknown;
}

const STATES = ["succeeded", "running", "failed", "queued", "succeeded", "delayed", "cancelled", "failed"] as const;
const ERRORS = [
  { kind: "ValueError", message: "값이 없습니다: arg1", stack: 'Traceback (most recent call last):\n  File "rules/aws/Region.py", line 12, in get\n    raise ValueError("값이 없습니다: arg1")' },
  { kind: "TIMEOUT", message: "ran longer than 30 s and was ended" },
  { kind: "POISON", message: "3 workers died over it", stack: "" },
];

export function fakeJob(index: number): FakeJob {
  const state = STATES[index % STATES.length] ?? "queued";
  const createdMs = NOW - index * 47_000;
  const hasBegun = state !== "queued" && state !== "delayed";
  const isOver = state === "succeeded" || state === "failed" || state === "cancelled";
  const error = ERRORS[Math.floor(index / 4) % ERRORS.length];
  return {
    id: `01JD${String(1000 - index).padStart(6, "0")}`,
    rule: RULES[Math.floor(index / 2) % RULES.length] ?? RULES[0],
    state,
    priority: 4,
    attempt: state === "failed" ? 3 : 1,
    losses: state === "failed" && error?.kind === "POISON" ? 3 : 0,
    labels: { company: String((index % 3) + 1), channel: `ABCD${1000 + index}` },
    from: index % 2 === 0 ? "queue:ITSBOX.D.MSG_IN" : "cli:hong",
    createdMs,
    dataBytes: 300 + index,
    ...(state === "delayed" ? { runAtMs: NOW + 3_600_000 } : {}),
    ...(hasBegun ? { startedMs: createdMs + 1200, worker: "host/4711" } : {}),
    ...(isOver ? { endedMs: createdMs + 1200 + 640 * ((index % 7) + 1) } : {}),
    ...(state === "succeeded" ? { resultBytes: 1240 } : {}),
    ...(state === "failed" && error !== undefined ? { error } : {}),
  };
}

const KEY_JOB = "01JD-detail";

/** One that waited long, failed twice, lost a worker, and went well with other input. */
const detail = {
  ...fakeJob(0),
  id: KEY_JOB,
  attempt: 3,
  losses: 1,
  startedMs: NOW - 4000,
  endedMs: NOW - 800,
  createdMs: NOW - 9 * 3_600_000,
  data: '{"arg1":"길동","access":"••••••","region":"ap-northeast-2","sizes":[1,2,3]}',
  result: '{"안녕":"길동","regions":["ap-northeast-2"],"count":3}',
  text: "안녕하세요, 길동",
  envelope: '{"time":"1487750000","client_channel_id":"ABCD1234","company_code":"1","location":"2","direction":"1"}',
  replayOf: "01JD-before",
  marks: [
    { atMs: NOW - 9 * 3_600_000, kind: "queued", attempt: 1, text: "queue:ITSBOX.D.MSG_IN" },
    { atMs: NOW - 20_000, kind: "started", attempt: 1, text: "host/4711" },
    { atMs: NOW - 18_000, kind: "log", attempt: 1, text: `${ESC}[33m경고${ESC}[0m: 첫 시도` },
    { atMs: NOW - 17_000, kind: "failed", attempt: 1, text: "connect ECONNREFUSED 192.168.0.1:443" },
    { atMs: NOW - 17_000, kind: "retry", attempt: 2, text: "5000 ms" },
    { atMs: NOW - 12_000, kind: "started", attempt: 2, text: "host/4711" },
    { atMs: NOW - 9000, kind: "lost", attempt: 2, text: "the worker 4711 died (SIGKILL)" },
    { atMs: NOW - 4000, kind: "started", attempt: 3, text: "host/4720" },
    { atMs: NOW - 3500, kind: "progress", attempt: 3, text: "20 %" },
    { atMs: NOW - 3000, kind: "progress", attempt: 3, text: "80 %" },
    { atMs: NOW - 2200, kind: "TRANSCRIBE_START", attempt: 3, text: "ap-northeast-2" },
    { atMs: NOW - 2100, kind: "log", attempt: 3, text: "<script>alert(1)</script> 처리 중" },
    { atMs: NOW - 800, kind: "succeeded", attempt: 3 },
    { atMs: NOW - 790, kind: "replied", attempt: 3, text: "ITSBOX.D.MSG_OUT" },
  ],
};

const before = { ...detail, id: "01JD-before", data: '{"arg1":"","access":"••••••","region":"us-east-1","sizes":[1,2,3]}' };

function recordOf(id: string): unknown {
  if (id === KEY_JOB) return detail;
  if (id === before.id) return before;
  const job = fakeJobs.find((each) => each.id === id);
  if (job === undefined) throw Object.assign(new Error(`there is no job ${id}`), { code: "NOT_FOUND", ko: { message: `작업 ${id}이 없습니다` } });
  const marks = [
    { atMs: job.createdMs, kind: "queued", attempt: 1, text: String(job["from"]) },
    ...(typeof job["startedMs"] === "number" ? [{ atMs: job["startedMs"], kind: "started", attempt: 1, text: "host/4711" }] : []),
    ...(typeof job["endedMs"] === "number" ? [{ atMs: job["endedMs"], kind: job.state, attempt: 1, ...(job.error === undefined ? {} : { text: job.error.message }) }] : []),
  ];
  return { ...job, data: '{"arg1":"길동"}', marks, ...(job.state === "succeeded" ? { result: '"안녕하세요, 길동"' } : {}) };
}

export const fakeJobs: readonly FakeJob[] = Array.from({ length: 120 }, (_, index) => fakeJob(index));

const NOTICES_DEAD = 6;

/** Notices of two notifiers: the half arrived, the others were given up. */
const fakeNotices: readonly FakeJob[] = Array.from({ length: 2 * NOTICES_DEAD }, (_, index) => {
  const isDead = index % 2 === 1;
  const { error: _error, ...job } = fakeJob(0);
  return { ...job, id: `01JN${String(1000 - index).padStart(6, "0")}`, rule: isDead ? "@notifiers:chat" : "@notifiers:당직-메일", state: isDead ? "failed" : "succeeded", labels: { event: "job.failed" }, from: "event", createdMs: NOW - 30_000 - index * 60_000, ...(isDead ? { attempt: 12, error: { kind: "UNREACHED", message: "connect ECONNREFUSED 10.0.0.7:443" } } : {}) };
});

const fakeNotifiers = [
  { name: "chat", type: "webhook", address: "https://chat.example.com", on: ["job.failed", "process.failed", "pipeline.*"], waiting: 7, delivered: 412, failed: NOTICES_DEAD, lastFailure: "https://chat.example.com cannot be reached: connect ECONNREFUSED 10.0.0.7:443", lastFailedMs: NOW - 30_000 },
  { name: "당직-메일", type: "mail", address: "ops@example.com, kim@example.com", on: ["*"], waiting: 0, delivered: 6, failed: 0 },
  { name: "audit", type: "amqp", address: "amqp://dure@10.0.0.5/ events", on: [], waiting: 0, delivered: 0, failed: 0 },
];

export const infoAt = (second: number) => ({
  workers: [4711, 4720, 4725].map((pid, index) => {
    const active = index === 0 ? 5 : index === 1 ? 2 : 0;
    return {
      pid,
      status: (["Full", "Active", "Idle"] as const)[index],
      queued: 0,
      thread: { total: 5, active, idle: 5 - active },
      count: { receive: 900 + second, process: 890 + second, success: 880 + second, fail: index === 1 ? 3 : 0, reply: 890 },
      active_tasks: Array.from({ length: active }, (_, at) => ({ tid: at + 1, thread: `task-${at + 1}`, start: NOW / 1000 - 12 - at, duration: 12 + at + second, message: '{"time":"1487750000","client_channel_id":"ABCD1234","op_code":{"module":"test.module","class":"TestClass","function":"callme"},"op_data":{"arg1":"길동"}}' })),
    };
  }),
  total: { status: "Active" as const, queued: 0, worker: { total: 3, full: 1, active: 1, idle: 1 }, thread: { total: 15, active: 7, idle: 8 }, count: { receive: 2700, process: 2680, success: 2670, fail: 3, reply: 2670 } },
});

function lookAt(second: number, state: object) {
  return {
    atMs: NOW + second * 1000,
    queue: { backend: "rabbitmq", place: "amqp://itsbox@127.0.0.1:5672/", state, depth: { queued: 120 + Math.round(60 * Math.sin(second / 4)), delayed: 4, running: 7, failed: 30 } },
    notices: { waiting: 7, failed: NOTICES_DEAD },
    workers: [4711, 4720, 4725].map((pid, index) => ({ pid, state: index === 2 ? "draining" : "ready", slots: 5, isQuarantine: index === 2, startedMs: NOW - 3_900_000, done: 900, failed: 3, memoryBytes: 61_000_000 * (index + 1), jobs: Array.from({ length: index === 0 ? 5 : index === 1 ? 2 : 0 }, (_, at) => ({ id: `01JD00099${at}`, rule: RULES[at % RULES.length], startedMs: NOW + second * 1000 - 4000 * (at + 1) })) })),
    watcher: { isOn: true, intervalMs: 5000 },
    management: { isOn: true },
    schedules: { schedules: 3, isOurs: false, holder: "작업서버-2/4711", sinceMs: NOW - 3_900_000, token: 1_763_870_400_001 },
    done: { succeeded: 2670 + second * 40, failed: 30, retried: 12, lost: 2, cancelled: 4 },
  };
}

export const fakeRules = [
  { name: RULES[0], module: "test.module", class: "TestClass", function: "callme", file: "test/module.ts", runtime: "node", summary: "인사말을 돌려줍니다", args: { type: "object", properties: { arg1: { type: "string" }, size: { type: "integer" } }, required: ["arg1"] }, timeoutMs: 30_000, succeeded: 2100, failed: 2, running: 3, heldBack: false, runMs: { p50: 4, p95: 38, p99: 71 }, waitMs: { p50: 2, p95: 9, p99: 44 } },
  { name: RULES[1], module: "aws.Region", class: "SizeList", function: "get", file: "aws/Region.py", runtime: "python", succeeded: 510, failed: 27, running: 4, heldBack: true, concurrency: 4, runMs: { p50: 820, p95: 4100, p99: 9200 }, waitMs: { p50: 1500, p95: 12_000, p99: 31_000 } },
  { name: RULES[2], module: "mail.send", function: "send", file: "mail/send.sh", runtime: "program", succeeded: 60, failed: 0, running: 0, heldBack: false },
];

export interface FakeJobsOptions {
  readonly isEmpty?: boolean;
  readonly everyMs?: number;
  readonly second?: number;
  readonly state?: object;
}

const ruleOf = ({ rule }: Readonly<Record<string, unknown>>): string | undefined => (typeof rule === "string" ? rule : undefined);

export function jobAnswers({ isEmpty = false, everyMs = 1000, second = 40, state = { is: "open" } }: FakeJobsOptions = {}): Answers {
  const all = isEmpty ? [] : [...fakeJobs, ...fakeNotices];
  const meant = (params: Readonly<Record<string, unknown>>) => {
    const { states, rule, text, labels, ids, kind = ruleOf(params)?.startsWith("@") === true ? "all" : "jobs" } = { ...params, ...(params["query"] as object | undefined) } as { states?: readonly string[]; rule?: string; text?: string; labels?: Record<string, string>; ids?: readonly string[]; kind?: string };
    return all.filter((job) => (ids !== undefined || kind === "all" || (kind === "notices") === job.rule.startsWith("@")) && (ids === undefined || ids.includes(job.id)) && (states === undefined || states.includes(job.state)) && (rule === undefined || job.rule === rule) && (text === undefined || JSON.stringify(job).includes(text)) && Object.entries(labels ?? {}).every(([name, value]) => job.labels[name] === value));
  };
  return {
    "jobs.list"({ params }) {
      const { limit = 100, after = "0" } = params as { limit?: number; after?: string };
      const found = meant(params);
      const from = Number(after);
      return { jobs: found.slice(from, from + limit), ...(from + limit < found.length ? { next: String(from + limit) } : {}) };
    },
    "jobs.show": ({ params }) => recordOf(String(params["id"])),
    "jobs.counts": () => ({ counts: [...Map.groupBy(all, ({ state: each, rule }) => `${each} ${rule}`).values()].map((group) => ({ state: group[0]?.state, rule: group[0]?.rule, count: group.length })) }),
    "jobs.watch": ({ emit, signal }) => {
      let at = 0;
      const empty = { queued: 0, delayed: 0, running: 0, failed: 0 };
      const look = (): void => {
        const next = lookAt(at++, state);
        emit(isEmpty ? { ...next, queue: { backend: "embedded", place: "/var/lib/dure/jobs.db", state, depth: empty }, notices: { waiting: 0, failed: 0 }, workers: [], done: { succeeded: 0, failed: 0, retried: 0, lost: 0, cancelled: 0 } } : next);
      };
      while (at < second) look();
      const timer = setInterval(look, everyMs);
      signal.addEventListener("abort", () => clearInterval(timer), { once: true });
      return forever(signal);
    },
    "jobs.rules": () => (isEmpty ? { rules: [], problems: [] } : { rules: fakeRules, problems: [{ file: "mail/broken.ts", line: 7, column: 3, message: "Expected ';', got 'await'" }] }),
    "jobs.reload": () => ({ rules: 3, problems: [] }),
    "jobs.workers": () => (isEmpty ? { ...infoAt(0), workers: [], total: { ...infoAt(0).total, status: "Down" } } : infoAt(second)),
    "jobs.submit": () => ({ id: KEY_JOB, isNew: true }),
    "jobs.retry": ({ params }) => ({ retried: meant(params).map(({ id }) => ({ id, as: `${id}-again` })).concat(((params["ids"] as readonly string[] | undefined) ?? []).filter((id) => id === KEY_JOB).map((id) => ({ id, as: before.id }))) }),
    "jobs.cancel": ({ params }) => ({ cancelled: meant(params).length }),
    "notifiers.list": () => ({ notifiers: isEmpty ? [] : fakeNotifiers }),
    "notifiers.test": ({ params }) => {
      if (params["notifier"] !== "chat") return { said: "250 ok", ms: 31.4 };
      throw Object.assign(new Error("the notice did not arrive: connect ECONNREFUSED 10.0.0.7:443"), { code: "FAILED", ko: { message: "알림이 도착하지 않았습니다: connect ECONNREFUSED 10.0.0.7:443" } });
    },
    "jobs.forget": ({ params }) => ({ forgotten: meant(params).length }),
    "jobs.manage": ({ params }) => ({ message: `${String(params["action"])} ${String(params["target"])} ${String(params["detail"])}` }),
    "jobs.message": ({ params }) => {
      const text = String(params["text"]);
      if (!text.trim().startsWith("{") || text.includes('"reply": "2"')) return {};
      const isBad = text.includes("fuction-missing");
      return { reply: JSON.stringify({ ...(JSON.parse(text) as object), direction: "2", success: isBad ? "2" : "1", msg: text.includes('"info"') ? infoAt(0) : "안녕하세요, 길동" }) };
    },
  };
}
