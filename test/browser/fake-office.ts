// What an agent keeps, for pictures and trials of the dashboard: its log, what happened, who did what, who may come in, its config.
import { forever } from "./fake-agent.ts";
import type { Answers } from "./fake-agent.ts";
import { graph } from "./fake-pipelines.ts";

const HOUR_MS = 3_600_000;
const ESC = "\u001b";

export interface FakeLine {
  readonly id: number;
  readonly atMs: number;
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Every kind of line comes again and again: colours, stacks, long fields, Korean. */
export function fakeLine(id: number, atMs: number): FakeLine {
  const pipeline = id % 2 === 0 ? "game-logs" : "게임-결제-로그";
  switch (id % 8) {
    case 1:
      return { id, atMs, level: "warn", message: "batch refused, trying again", fields: { pipeline, step: "5.1:out.Fluentd", attempt: (id % 5) + 1, waitMs: 1600, error: { message: "connect ECONNREFUSED 192.168.0.1:24224", code: "ECONNREFUSED" } } };
    case 3:
      return { id, atMs, level: "error", message: "처리 중 오류가 발생했습니다: 응답이 올바르지 않음", fields: { pipeline, step: "3:out.Http" } };
    case 4:
      return { id, atMs, level: "info", message: `${ESC}[32mready${ESC}[0m in ${ESC}[1;33m${id} ms${ESC}[0m`, fields: { program: "etl" } };
    case 6:
      return { id, atMs, level: "error", message: "TypeError: cannot read properties of undefined (reading 'rows')\n    at read (plugins/in/table.ts:41:17)\n    at async poll (plugins/in/table.ts:88:9)\n    at async run (pipeline.ts:120:5)", fields: { pipeline } };
    case 7:
      return { id, atMs, level: "debug", message: "position committed", fields: { pipeline, file: `/var/log/game/게임-접속-2026-11-22-${id}.log`, offset: id * 4096, bytes: 65_536, batches: 3, tag: "game.access" } };
    default:
      return { id, atMs, level: "info", message: `config read: ${id} options, 3 pipelines`, fields: {} };
  }
}

export interface FakeOfficeOptions {
  readonly lines?: number;
  /** How many the last answers hold; a test may give none. */
  readonly isEmpty?: boolean;
}

export function officeAnswers({ lines = 1000, isEmpty = false }: FakeOfficeOptions = {}): Answers {
  const nowMs = Date.now();
  const log = Array.from({ length: isEmpty ? 0 : lines }, (_, at) => fakeLine(at + 1, nowMs - (lines - at) * 700));
  const fits = ({ message, fields, level }: FakeLine, { text, regex, level: least, pipeline, step }: Readonly<Record<string, unknown>>): boolean => {
    const ranks = ["debug", "info", "warn", "error"];
    return (
      (text === undefined || `${message} ${JSON.stringify(fields)}`.toLowerCase().includes(String(text).toLowerCase())) &&
      (least === undefined || ranks.indexOf(String(least)) <= ranks.indexOf(level)) &&
      (regex === undefined || new RegExp(String(regex), "im").test(`${message} ${JSON.stringify(fields)}`)) &&
      (pipeline === undefined || fields["pipeline"] === pipeline) &&
      (step === undefined || fields["step"] === step)
    );
  };
  return {
    "logs.search": ({ params }) => {
      const { before = Infinity, after = 0, limit = 100 } = params as { before?: number; after?: number; limit?: number };
      const found = log.filter((line) => line.id < before && after < line.id && fits(line, params));
      const page = "after" in params ? found.slice(0, limit) : found.slice(-limit).reverse();
      return { lines: page, hasMore: page.length < found.length };
    },
    "logs.facets": ({ params }) => {
      const found = log.filter((line) => fits(line, params));
      const counts = (value: (line: FakeLine) => unknown) => [...Map.groupBy(found, value)].filter(([each]) => typeof each === "string").map(([each, lines]) => ({ value: each, count: lines.length })).sort((one, other) => other.count - one.count);
      return { lines: found.length, hasMore: false, levels: counts(({ level }) => level), pipelines: counts(({ fields }) => fields["pipeline"]), steps: counts(({ fields }) => fields["step"]) };
    },
    "logs.around": ({ params }) => ({ lines: log.filter(({ id }) => Math.abs(id - Number(params["id"])) <= Number(params["lines"] ?? 20)) }),
    "logs.follow": ({ signal }) => forever(signal),
    "agent.show": () => ({ version: "0.1.0", pid: 4121, startedAtMs: nowMs - 27 * HOUR_MS, configFile: "/srv/dure/conf/게임-로그/dure.yml", dataDir: "/var/lib/dure", threads: 2, pipelines: 6, residentBytes: 96_000_000, heapBytes: 30_000_000, cpuSeconds: 128.4, store: "sqlite", address: "http://127.0.0.1:8600/", revision: 17, loopDelay: { medianMs: 0.1, p99Ms: 3.4 } }),
    "agent.doctor": () => ({ isGood: false, findings }),
    "agent.bundle": () => ({ name: "dure-report-20261122T030000.zip", base64: "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==" }),
    "agent.backup": () => ({ file: "/var/lib/dure/backups/dure-20261122.db" }),
    "metrics.list": () => metrics,
    "audit.list": ({ params }) => {
      const rows = isEmpty ? [] : auditRows(nowMs);
      const { before = Infinity, text } = params as { before?: number; text?: string };
      return { rows: rows.filter((row) => row.id < before && (text === undefined || JSON.stringify(row).toLowerCase().includes(text.toLowerCase()))) };
    },
    "audit.verify": () => ({ isWhole: true, chains: [{ agent: "4f1c", rows: 7, hash: "9c1185a5c5e9fc54612808977ee8f548b2258d31ddadef707ba06bfb3d47fbe1", cut: { number: 41, hash: "02c6f4f1dd1b1a0b1fd7bd4bd41a9a8e5a2c41dc0f8f4b6d1f7c2e31f6a7d9e0", atMs: Date.UTC(2026, 10, 21, 3) } }] }),
    "audit.export": () => ({ fileName: "dure-audit.ndjson", contentType: "application/x-ndjson", rows: 2, text: '{"id":1}\n{"id":2}\n' }),
    "users.list": () => ({ users: isEmpty ? [] : users(nowMs) }),
    "users.create": ({ params }) => ({ name: params["name"], role: params["role"], language: "ko", isDisabled: false, createdMs: nowMs }),
    "users.update": ({ params }) => ({ name: params["name"] }),
    "users.remove": ({ params }) => ({ name: params["name"] }),
    "users.set-password": ({ params }) => ({ name: params["name"] }),
    "tokens.list": () => ({ tokens: isEmpty ? [] : tokens(nowMs) }),
    "tokens.create": ({ params }) => ({ name: params["name"], owner: "hong", role: params["role"], createdMs: nowMs, endsMs: nowMs + 90 * 24 * HOUR_MS, token: "dure_Z8x1q3w5e7r9t1y3u5i7o9p1a3s5d7f9g1h3j5k7l9" }),
    "tokens.remove": () => null,
    "sessions.list": () => ({ sessions: isEmpty ? [] : sessions(nowMs) }),
    "sessions.remove": () => null,
    "config.show": () => ({ text: configText, hash: "h1", file: "/srv/dure/conf/게임-로그/dure.yml", isRunning: true, revision: 18 }),
    "config.check": ({ params }) => checked(String(params["text"])),
    "config.schema": () => configSchema,
    "config.format": ({ params }) => ({ text: params["text"] }),
    "config.plan": () => ({ problems: [], difference: { same: ["metrics", "once"], changed: ["game-logs"], steps: [], added: ["게임-결제-로그"], removed: [], processes: { same: [], changed: [], added: [], removed: [] }, atNextStart: ["log"], atOnce: [] }, diff: { added: 1, removed: 1, hunks: [{ fromLine: 3, toLine: 3, lines: [{ is: "same", text: "    - in.FileTail:" }, { is: "removed", text: "        path: logs/*.log" }, { is: "added", text: "        path: /var/log/game/*.log" }, { is: "same", text: "        encoding: cp949" }] }] } }),
    "config.apply": () => ({ hash: "h2", revision: 19 }),
    "config.revert": () => ({ hash: "h3", revision: 20 }),
    "config.history": () => ({ revisions: isEmpty ? [] : revisions(nowMs) }),
    "config.diff": () => ({ from: "17", to: "file", added: 1, removed: 1, hunks: [{ fromLine: 12, toLine: 12, lines: [{ is: "removed", text: "              port: 24223" }, { is: "added", text: "              port: 24224" }] }] }),
    "dead-letters.list": () => (isEmpty ? { total: 0, letters: [] } : { total: 3, letters: letters(nowMs) }),
    "dead-letters.show": ({ params }) => ({ letter: letters(nowMs).find(({ id }) => id === params["id"]), base: "b1", records }),
    "dead-letters.edit": () => ({ records: 2 }),
    "dead-letters.replay": () => ({ replayed: 1, refusedAgain: 0, left: 0, damaged: 0, problems: [] }),
    "dead-letters.remove": () => null,
  };
}

const findings = [
  { id: "node", outcome: "ok", text: { en: "Node 26.10 (bundled)", ko: "Node 26.10 (내장)" } },
  { id: "config", outcome: "ok", text: { en: "the config is valid", ko: "설정에 문제가 없습니다" } },
  { id: "log-size", outcome: "hint", text: { en: "log files take 2.1 GB; rotation keeps 31 days", ko: "로그 파일이 2.1 GB입니다. 31일 동안 보관합니다" }, fix: { en: "Set `agent.log.files` lower.", ko: "`agent.log.files`를 줄이세요." } },
  { id: "endpoint", outcome: "problem", text: { en: "192.168.0.1:24224 refuses connections (out.Fluentd, dure.yml:17)", ko: "192.168.0.1:24224 연결이 거부됩니다 (out.Fluentd, dure.yml:17)" }, fix: { en: "Start it, or take it out of `failover`.", ko: "서버를 시작하거나 `failover`에서 빼세요." } },
  { id: "service", outcome: "skipped", text: { en: "not installed as a service", ko: "서비스로 설치하지 않음" } },
];

const metrics = [
  { name: "dure_plugin_lines_unmatched_total", type: "counter", help: "Lines that did not fit.", series: [{ labels: { pipeline: "game-logs", step: "2", plugin: "parse.Regex" }, value: 42 }] },
  { name: "dure_process_resident_bytes", type: "gauge", help: "Memory of the process.", series: [{ labels: {}, value: 96_000_000 }] },
  { name: "dure_event_loop_delay_seconds", type: "gauge", help: "How late the main thread is.", series: [{ labels: { quantile: "0.99" }, value: 0.0021 }] },
];

function auditRows(nowMs: number) {
  const row = (id: number, more: object) => ({ id, agent: "4f1c", number: id, atMs: nowMs - (8 - id) * 1_300_000, who: "hong", role: "admin", edge: "websocket", address: "127.0.0.1", params: {}, outcome: "ok", hash: `${id}c1185a5c5e9fc54612808977ee8f548b2258d31ddadef707ba06bfb3d47fbe1`, ...more });
  return [
    row(7, { command: "config.revert", subject: "dure.yml", params: { revision: 17 }, after: { revision: 18, hash: "h1", diff: "@@ -10 +10 @@\n         outputs:\n-          - out.Fluentd: { host: 192.168.0.3 }\n+          - out.Fluentd: { host: 192.168.0.1 }" } }),
    row(6, { command: "config.apply", subject: "dure.yml", params: { note: "새 서버", base: "h0" }, before: { hash: "h0" }, after: { revision: 17, hash: "h2", diff: "@@ -10 +10 @@\n         outputs:\n-          - out.Fluentd: { host: 192.168.0.1 }\n+          - out.Fluentd: { host: 192.168.0.3 }" } }),
    row(5, { command: "users.update", subject: "kim", params: { name: "kim", role: "operator" }, before: { role: "viewer", isDisabled: false }, after: { role: "operator", isDisabled: false } }),
    row(4, { command: "pipelines.pause", subject: "mysql-abuse", who: "token:grafana", role: "viewer", edge: "http", address: "10.0.0.7", outcome: "FORBIDDEN", message: "`pipelines.pause` needs the role operator; token:grafana is viewer" }),
    row(3, { command: "tokens.create", subject: "grafana", params: { name: "grafana", scope: ["metrics.*"] }, after: { role: "viewer", scope: ["metrics.*"] } }),
    row(2, { command: "access.login", who: "hong", params: {} }),
    row(1, { command: "users.create", subject: "kim", params: { name: "kim", role: "viewer", password: "[hidden]" }, after: { role: "viewer", language: "ko", isDisabled: false } }),
  ];
}

function users(nowMs: number) {
  return [
    { name: "hong", role: "admin", language: "ko", isDisabled: false, createdMs: nowMs - 900 * HOUR_MS, loginMs: nowMs - 180_000 },
    { name: "kim", role: "operator", language: "ko", isDisabled: false, createdMs: nowMs - 300 * HOUR_MS, loginMs: nowMs - 26 * HOUR_MS },
    { name: "야간-당직", role: "viewer", language: "ko", isDisabled: true, createdMs: nowMs - 30 * HOUR_MS },
  ];
}

function tokens(nowMs: number) {
  return [
    { name: "grafana", owner: "hong", role: "viewer", scope: ["metrics.*", "pipelines.list"], createdMs: nowMs - 300 * HOUR_MS, endsMs: nowMs + 1200 * HOUR_MS, usedMs: nowMs - 12_000 },
    { name: "night-job", owner: "kim", role: "operator", createdMs: nowMs - 20 * HOUR_MS, endsMs: nowMs + 48 * HOUR_MS },
  ];
}

function sessions(nowMs: number) {
  return [
    { id: 4, user: "hong", createdMs: nowMs - 3 * HOUR_MS, seenMs: nowMs - 20_000, endsMs: nowMs + 100 * HOUR_MS, address: "127.0.0.1", browser: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", isCurrent: true },
    { id: 3, user: "kim", createdMs: nowMs - 26 * HOUR_MS, seenMs: nowMs - 2 * HOUR_MS, endsMs: nowMs + 80 * HOUR_MS, address: "10.0.0.12", browser: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:148.0) Gecko/20100101 Firefox/148.0", isCurrent: false },
  ];
}

export const configText = `# CP949 게임 로그를 Fluentd로 보냅니다.
pipelines:
  game-logs:
    - in.FileTail:
        path: logs/*.log
        encoding: cp949
    - parse.Regex: '^\\[(?<time>[^\\]]+)\\] (?<level>\\S+) (?<event>.*)$'
    - failover:
        outputs:
          - out.Fluentd:
              host: 192.168.0.1
              port: 24224
              shared_key: "[hidden:3fa9c1]"
          - out.Fluentd: { host: 192.168.0.2, port: 24224 }
        last:
          out.File: failed/undelivered.json
  게임-결제-로그:
    - in.FileTail: { path: pay/*.log }
    - out.Fluentd: { host: 192.168.0.1 }
processes:
  load: # 밤마다 돌립니다.
    command: [python3, load.py]
    restart: on-failure
`;

/** A word that no plugin has is underlined, wherever it stands. */
function checked(text: string) {
  const lines = text.split("\n");
  const problems = lines.flatMap((line, at) => {
    const column = line.indexOf("encodng") + 1;
    return column === 0
      ? []
      : [{ severity: "error", code: "DURE207", level: "schema", text: { en: "in.FileTail: unknown option `encodng`", ko: "in.FileTail: `encodng` 옵션을 알 수 없습니다" }, help: { en: "Did you mean `encoding`?", ko: "혹시 `encoding`인가요?" }, suggestion: "encoding", file: "dure.yml", line: at + 1, column, endColumn: column + 7 }];
  });
  return { problems, pipelines: [{ ...graph, name: "game-logs" }, { name: "게임-결제-로그", nodes: [{ ...graph.nodes[0], place: { file: "dure.yml", line: 18, column: 7 } }, { ...graph.nodes[5], id: "2", place: { file: "dure.yml", line: 19, column: 7 } }], links: [{ from: "1", to: "2", label: { en: "", ko: "" }, isStandby: false }] }] };
}

const configSchema = { type: "object", properties: { agent: { type: "object", description: "The agent itself.", "x-ko": "에이전트 자체." }, pipelines: { type: "object", description: "What runs.", "x-ko": "실행할 것." }, tests: { type: "array" } } };

function revisions(nowMs: number) {
  return [
    { revision: 18, atMs: nowMs - HOUR_MS, who: "hong", note: "되돌림: 새 서버가 아직 준비되지 않음", outcome: "reverted" },
    { revision: 17, atMs: nowMs - 2 * HOUR_MS, who: "hong", note: "새 서버", outcome: "refused", problem: "out.Fluentd: connect ECONNREFUSED 192.168.0.3:24224" },
    { revision: 16, atMs: nowMs - 30 * HOUR_MS, who: "file", note: "", outcome: "running" },
    { revision: 15, atMs: nowMs - 90 * HOUR_MS, who: "kim", note: "", outcome: "applied" },
  ];
}

function letters(nowMs: number) {
  const letter = (number: number, more: object) => ({ id: `game-logs/20261122T0300${number}-0001ab`, pipeline: "game-logs", step: "5.1:out.Fluentd", reason: "the server answered 400: field `amount` must be a number", atMs: nowMs - number * 1_800_000, tag: "game.access", records: 2, bytes: 4096 * number, isDamaged: false, ...more });
  return [letter(1, {}), letter(2, { pipeline: "게임-결제-로그", step: "2:out.Http", reason: "413 payload too large" }), letter(3, { isDamaged: true, records: 0 })];
}

const records = [
  { row: 0, time: "2026-11-22T03:00:00.000Z", record: { user: "김서연", amount: "만원", card_token: "[hidden]" } },
  { row: 1, time: "2026-11-22T03:00:01.000Z", record: { user: "이도윤", amount: 12_900, items: [{ id: 3, count: 2 }] } },
];
