// Tokens for programs. Everybody has his own; an admin sees and removes all.
import { z } from "zod";
import { roles } from "#kernel/access/caller.ts";
import { Tokens, TOKEN_DAYS_MAX } from "#kernel/access/tokens.ts";
import { defineCommand } from "#kernel/commands/command.ts";
import type { CommandDefinition } from "#kernel/commands/command.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { AccessPort } from "./access-port.ts";

const define = defineCommand<AccessPort>();

const token = z.strictObject({
  name: z.string(),
  owner: z.string().describe("Whom it acts for."),
  role: z.enum(roles),
  scope: z.array(z.string()).optional().describe("The commands it is for; without it, all that its role may."),
  createdMs: z.number(),
  endsMs: z.number(),
  usedMs: z.number().optional().describe("When it was last used, to the minute."),
});

const list = define({
  name: "tokens.list",
  summary: { en: "one's own tokens; an admin sees everybody's", ko: "내 토큰 목록 (관리자는 모두의 토큰)" },
  role: "viewer",
  effect: "read",
  params: z.strictObject({}),
  result: z.strictObject({ tokens: z.array(token) }),
  run: async (_params, { caller }, { access }) => ({ tokens: await access.tokens.list(caller.role === "admin" ? undefined : Tokens.ownerOf(caller)) }),
});

const create = define({
  name: "tokens.create",
  summary: { en: "a token for a program; it is shown this once", ko: "프로그램이 쓸 토큰을 만듦. 토큰은 이때 한 번만 보임" },
  role: "viewer",
  effect: "change",
  key: "name",
  params: z.strictObject({
    name: z.string().min(1).max(64).meta({ description: "What it is for, as it stands in the audit: `grafana`.", ko: "쓰임새. 감사 기록에 이 이름으로 남습니다: `grafana`." }),
    role: z.enum(roles).default("viewer").meta({ description: "Never above the maker's.", ko: "만드는 사람의 역할을 넘을 수 없습니다." }),
    scope: z.array(z.string().regex(/^[a-z][a-z-]*\.(?:\*|[a-z][a-z-]*)$/, "is written `pipelines.list` or `pipelines.*`")).min(1).max(50).optional().meta({ description: "Only these commands: `pipelines.list`, `pipelines.*`.", ko: "이 명령만: `pipelines.list`, `pipelines.*`." }),
    days: z.int().min(1).max(TOKEN_DAYS_MAX).default(90).meta({ description: "It ends after so many days.", ko: "이만큼의 날이 지나면 끝남." }),
  }),
  result: token.extend({ token: z.string().describe("Send it as `Authorization: Bearer …`. It is kept nowhere.") }),
  examples: [{ line: "dure tokens create grafana --scope metrics.list --days 365", text: { en: "for a program that reads figures", ko: "수치를 읽는 프로그램용" } }],
  async run({ name, scope, ...rest }, { caller, changed }, { access, commandNames }) {
    changed({ subject: name });
    const unknown = scope?.find((pattern) => !commandNames().some((command) => command === pattern || (pattern.endsWith(".*") && command.startsWith(pattern.slice(0, -1)))));
    if (unknown !== undefined) throw new CommandFailure("INVALID", { message: `there is no command \`${unknown}\``, hint: "`dure help` names the commands.", ko: { message: `\`${unknown}\` 명령이 없습니다`, hint: "`dure help`로 확인하세요." } }, { issues: [{ path: "scope", message: `there is no command ${unknown}` }] });
    const { token: made, shown } = await access.tokens.create({ name, scope, ...rest }, caller);
    changed({ subject: shown.name, after: { owner: shown.owner, role: shown.role, ...(shown.scope === undefined ? {} : { scope: shown.scope }), endsMs: shown.endsMs } });
    return { ...shown, token: made };
  },
});

const remove = define({
  name: "tokens.remove",
  summary: { en: "a token ends at once", ko: "토큰을 바로 못 쓰게 함" },
  role: "viewer",
  effect: "change",
  key: "name",
  params: z.strictObject({ name: z.string().min(1).max(256).meta({ description: "Somebody else's: admins only.", ko: "다른 사람의 것은 관리자만." }) }),
  result: token,
  async run({ name }, { caller, changed }, { access }) {
    changed({ subject: name });
    const removed = await access.tokens.remove(name, caller.role === "admin" ? undefined : Tokens.ownerOf(caller));
    changed({ subject: removed.name, before: { owner: removed.owner, role: removed.role, ...(removed.scope === undefined ? {} : { scope: removed.scope }) } });
    return removed;
  },
});

export const tokenCommands = [list, create, remove] as const satisfies readonly CommandDefinition<AccessPort>[];
