// Who did what: to be read, taken along, and verified.
import { z } from "zod";
import type { AuditLog } from "#kernel/audit/audit-log.ts";
import { defineCommand } from "#kernel/commands/command.ts";
import type { CommandDefinition } from "#kernel/commands/command.ts";
import { csvOf } from "./csv.ts";

export interface AuditPort {
  readonly audit: AuditLog;
}

const define = defineCommand<AuditPort>();

const filter = {
  who: z.string().max(256).optional().meta({ description: "`hong`, `token:grafana`, `local:root`", ko: "누가: `hong`, `token:grafana`, `local:root`" }),
  command: z.string().max(100).optional().meta({ description: "`users.create` or `users.*`", ko: "`users.create` 또는 `users.*`" }),
  outcome: z.string().max(32).optional().meta({ description: "`ok`, `failed` (whatever is not ok) or a code", ko: "`ok`, `failed`(ok가 아닌 모두) 또는 코드" }),
  subject: z.string().max(256).optional().meta({ description: "What it was about: a user, a pipeline.", ko: "대상: 사용자, 파이프라인." }),
  agent: z.string().max(64).optional().meta({ description: "One of several agents that share a store.", ko: "저장소를 함께 쓰는 에이전트 중 하나." }),
  text: z.string().max(256).optional().meta({ description: "Anywhere in the row.", ko: "기록의 어디든." }),
  sinceMs: z.number().optional().meta({ description: "From then on.", ko: "이때부터." }),
  untilMs: z.number().optional().meta({ description: "Before then.", ko: "이때 전까지." }),
  before: z.int().optional().meta({ description: "Rows older than the one with this id.", ko: "이 ID보다 오래된 기록." }),
  after: z.int().optional().meta({ description: "Rows newer than the one with this id, the oldest first.", ko: "이 ID보다 새로운 기록을 오래된 순서로." }),
};
const entry = {
  agent: z.string(),
  number: z.number().describe("Within the agent's chain: 1, 2, 3, …"),
  atMs: z.number(),
  who: z.string(),
  role: z.string().optional(),
  edge: z.string(),
  address: z.string().optional(),
  command: z.string(),
  subject: z.string().optional(),
  params: z.unknown(),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  outcome: z.string(),
  message: z.string().optional(),
  times: z.number().optional().describe("It was refused so often between firstMs and lastMs, beside the rows before it; this is the last of them."),
  firstMs: z.number().optional(),
  lastMs: z.number().optional(),
};

const list = define({
  name: "audit.list",
  summary: { en: "who did what, the newest first", ko: "누가 무엇을 했는지, 최신순" },
  role: "admin",
  effect: "read",
  isCostly: true,
  params: z.strictObject({ ...filter, limit: z.int().min(1).max(500).default(100).meta({ description: "At most so many.", ko: "최대 개수." }) }),
  result: z.strictObject({ rows: z.array(z.strictObject({ id: z.number(), ...entry, hash: z.string() })) }),
  examples: [{ line: "dure audit list --who hong --command 'users.*'", text: { en: "what hong did about users", ko: "hong 사용자가 사용자 관련으로 한 일" } }],
  run: async ({ limit, ...filter }, { signal }, { audit }) => ({ rows: await audit.list(filter, limit, signal) }),
});

const exported = define({
  name: "audit.export",
  summary: { en: "rows as a file, the oldest first", ko: "감사 기록을 파일로, 오래된 것부터" },
  role: "admin",
  effect: "read",
  isCostly: true,
  isAudited: true,
  params: z.strictObject({ ...filter, after: filter.after.default(0), format: z.enum(["ndjson", "csv"]).default("ndjson").meta({ description: "Of the file: a line of JSON each, or a table.", ko: "파일 형식: 한 줄에 JSON 하나, 또는 표." }), limit: z.int().min(1).max(10_000).default(10_000).meta({ description: "At most so many.", ko: "최대 개수." }) }),
  result: z.strictObject({
    fileName: z.string(),
    contentType: z.string(),
    rows: z.number(),
    text: z.string().describe("NDJSON: {id, hash, entry}, where hash = SHA-256 of the hash before, a line feed, and the entry's text."),
    last: z.number().optional().describe("There is more: give this as `after`."),
  }),
  async run({ format, limit, ...filter }, { signal }, { audit }) {
    const found = await audit.entries(filter, limit + 1, signal);
    const rows = found.slice(0, limit);
    const last = limit < found.length ? rows.at(-1)?.row.id : undefined;
    const text = format === "csv" ? csvOf(rows.map(({ row }) => row), filter.after === 0) : rows.map(({ row: { id, hash }, entry }) => `${JSON.stringify({ id, hash, entry })}\n`).join("");
    return { fileName: `dure-audit.${format}`, contentType: format === "csv" ? "text/csv; charset=utf-8" : "application/x-ndjson", rows: rows.length, text, ...(last === undefined ? {} : { last }) };
  },
});

const verify = define({
  name: "audit.verify",
  summary: { en: "whether every row is as it was written", ko: "감사 기록이 쓰인 그대로인지 확인" },
  role: "admin",
  effect: "read",
  isCostly: true,
  params: z.strictObject({ agent: filter.agent }),
  result: z.strictObject({
    isWhole: z.boolean(),
    chains: z.array(
      z.strictObject({
        agent: z.string(),
        rows: z.number().describe("So many fit, from the first that is there on."),
        hash: z.string().describe("Of the last of them: note it elsewhere, and compare later."),
        cut: z.strictObject({ number: z.number(), hash: z.string(), atMs: z.number() }).optional().describe("Rows up to this one were older than `store.audit_keep`: the first that is there goes on with this hash."),
        problem: z.strictObject({ number: z.number().describe("The first row that does not fit."), kind: z.enum(["missing", "changed", "added", "cut off"]) }).optional(),
      }),
    ),
  }),
  async run({ agent }, { signal }, { audit }) {
    const chains = await audit.verify(signal, agent);
    return { isWhole: chains.every(({ problem }) => problem === undefined), chains };
  },
});

export const auditCommands = [list, exported, verify] as const satisfies readonly CommandDefinition<AuditPort>[];
