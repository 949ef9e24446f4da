// The logins that are open. Everybody ends his own; an admin ends all.
import { z } from "zod";
import type { Caller } from "#kernel/access/caller.ts";
import type { Session } from "#kernel/access/sessions.ts";
import { Tokens } from "#kernel/access/tokens.ts";
import { defineCommand } from "#kernel/commands/command.ts";
import type { CommandDefinition } from "#kernel/commands/command.ts";
import type { AccessPort } from "./access-port.ts";

const define = defineCommand<AccessPort>();

const session = z.strictObject({
  id: z.number(),
  user: z.string(),
  createdMs: z.number(),
  seenMs: z.number().describe("When it was last used, to the minute."),
  endsMs: z.number(),
  address: z.string(),
  browser: z.string(),
  isCurrent: z.boolean().describe("The login that asks."),
});

const list = define({
  name: "sessions.list",
  summary: { en: "one's own open logins; an admin sees everybody's", ko: "열려 있는 내 로그인 (관리자는 모두의 로그인)" },
  role: "viewer",
  effect: "read",
  params: z.strictObject({}),
  result: z.strictObject({ sessions: z.array(session) }),
  run: async (_params, { caller }, { access }) => ({ sessions: (await access.sessions.list(ownerFor(caller))).map((each) => shown(each, caller)) }),
});

const remove = define({
  name: "sessions.remove",
  summary: { en: "a login ends at once", ko: "로그인을 바로 끝냄" },
  role: "viewer",
  effect: "change",
  key: "id",
  params: z.strictObject({ id: z.int().min(1).meta({ description: "The login, as `sessions.list` numbers it.", ko: "로그인 번호 (`sessions.list`)." }) }),
  result: session,
  async run({ id }, { caller, changed }, { access }) {
    const removed = await access.sessions.remove(id, ownerFor(caller));
    changed({ subject: removed.user, before: { id, address: removed.address, browser: removed.browser } });
    return shown(removed, caller);
  },
});

export const sessionCommands = [list, remove] as const satisfies readonly CommandDefinition<AccessPort>[];

function ownerFor(caller: Caller): string | undefined {
  return caller.role === "admin" ? undefined : Tokens.ownerOf(caller);
}

function shown(session: Session, caller: Caller): Session & { isCurrent: boolean } {
  return { ...session, isCurrent: String(session.id) === caller.session };
}
