// The people: who there is, and what each may.
import { z } from "zod";
import { roles } from "#kernel/access/caller.ts";
import { checkPassword } from "#kernel/access/password.ts";
import { checkUserName } from "#kernel/access/users.ts";
import type { User } from "#kernel/access/users.ts";
import { defineCommand } from "#kernel/commands/command.ts";
import type { CommandDefinition } from "#kernel/commands/command.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { AccessPort } from "./access-port.ts";

const define = defineCommand<AccessPort>();

const role = z.enum(roles);
const language = z.enum(["ko", "en"]);
const name = z.string().min(1).max(256).meta({ description: "The user.", ko: "사용자 이름." });
const password = z.string().max(1024);
const user = z.strictObject({
  name: z.string(),
  role,
  language,
  isDisabled: z.boolean(),
  createdMs: z.number(),
  loginMs: z.number().optional().describe("When the user last logged in."),
});

const list = define({
  name: "users.list",
  summary: { en: "who may come in", ko: "사용자 목록" },
  role: "admin",
  effect: "read",
  params: z.strictObject({}),
  result: z.strictObject({ users: z.array(user) }),
  run: async (_params, _call, { access }) => ({ users: (await access.users.list()).map(shown) }),
});

const create = define({
  name: "users.create",
  summary: { en: "let somebody in", ko: "사용자 추가" },
  role: "admin",
  effect: "change",
  key: "name",
  params: z.strictObject({
    name: name.meta({ description: "Letters, digits and . _ @ -", ko: "글자, 숫자와 . _ @ -" }),
    role: role.default("viewer").meta({ description: "viewer sees, operator also pauses and replays, admin may do all.", ko: "viewer는 보기만, operator는 멈춤과 다시 보내기까지, admin은 모두." }),
    language: language.default("ko").meta({ description: "The language of the dashboard.", ko: "대시보드의 언어." }),
    password: password.meta({ description: "At least 10 characters.", ko: "10자 이상." }),
  }),
  secret: ["password"],
  result: user,
  examples: [{ line: "dure users create hong --role operator", text: { en: "asks for the password", ko: "비밀번호를 물어봅니다" } }],
  async run({ name: given, role, language, password }, { changed }, { access }) {
    const name = checkUserName(given);
    changed({ subject: name });
    checkPassword(password, name);
    const created = await access.users.create({ name, role, language, password: await access.hasher.hash(password) });
    changed({ after: audited(created) });
    return shown(created);
  },
});

const update = define({
  name: "users.update",
  summary: { en: "change a user's role or language, or shut him out", ko: "사용자의 역할이나 언어를 바꾸거나 사용을 막음" },
  role: "admin",
  effect: "change",
  key: "name",
  params: z.strictObject({
    name,
    role: role.optional().meta({ description: "viewer sees, operator also pauses and replays, admin may do all.", ko: "viewer는 보기만, operator는 멈춤과 다시 보내기까지, admin은 모두." }),
    language: language.optional().meta({ description: "The language of the dashboard.", ko: "대시보드의 언어." }),
    isDisabled: z.boolean().optional().meta({ description: "He cannot log in, and his tokens do nothing.", ko: "로그인할 수 없고 토큰도 쓸 수 없게 함." }),
  }),
  result: user,
  examples: [{ line: "dure users update hong --role viewer", text: { en: "ends his logins", ko: "열려 있는 로그인은 끝납니다" } }],
  async run({ name, ...change }, { changed }, { access }) {
    changed({ subject: name });
    const { before, after } = await access.users.update(name, change);
    changed({ subject: after.name, before: audited(before), after: audited(after) });
    return shown(after);
  },
});

const remove = define({
  name: "users.remove",
  summary: { en: "take a user away, with his logins and tokens", ko: "사용자와 그 로그인, 토큰을 지움" },
  role: "admin",
  effect: "change",
  key: "name",
  params: z.strictObject({ name }),
  result: user,
  async run({ name }, { changed }, { access }) {
    changed({ subject: name });
    const removed = await access.users.remove(name);
    changed({ subject: removed.name, before: audited(removed) });
    return shown(removed);
  },
});

const setPassword = define({
  name: "users.set-password",
  summary: { en: "a new password; all logins of the user end", ko: "비밀번호를 바꿈. 그 사용자의 로그인은 모두 끝남" },
  role: "viewer",
  effect: "change",
  key: "name",
  params: z.strictObject({
    name: name.meta({ description: "Somebody else's: admins only.", ko: "다른 사람의 것은 관리자만." }),
    password: password.meta({ description: "At least 10 characters.", ko: "10자 이상." }),
    oldPassword: password.optional().meta({ description: "Needed for one's own.", ko: "자신의 비밀번호를 바꿀 때 필요." }),
  }),
  secret: ["password", "oldPassword"],
  result: user,
  async run({ name, password, oldPassword }, { caller, changed }, { access }) {
    changed({ subject: name });
    const known = await access.users.find(name);
    const isOwn = known !== undefined && known.name === caller.user;
    if (!isOwn && caller.role !== "admin")
      throw new CommandFailure("FORBIDDEN", { message: `only an admin sets somebody else's password; ${caller.name} is ${caller.role}`, ko: { message: `다른 사용자의 비밀번호는 관리자만 바꿀 수 있습니다 (지금 역할: ${caller.role})` } });
    if (isOwn) await access.checkOwnPassword(known, oldPassword ?? "", caller.address ?? caller.edge);
    checkPassword(password, known?.name ?? name);
    const after = await access.users.setPassword(name, await access.hasher.hash(password));
    changed({ subject: after.name });
    return shown(after);
  },
});

const openSetup = define({
  name: "users.open-setup",
  summary: { en: "a link that lets the first user in, once; the one before ends", ko: "첫 사용자를 만드는 한 번짜리 링크를 새로 냄. 이전 링크는 못 쓰게 됨" },
  role: "admin",
  effect: "change",
  params: z.strictObject({}),
  result: z.strictObject({ token: z.string(), link: z.string().optional().describe("Without it, the agent listens nowhere."), endsMs: z.number() }),
  async run(_params, { changed }, { access, address }) {
    const made = await access.setup.issue();
    if (made === undefined) throw new CommandFailure("CONFLICT", { message: "this agent has its users already", hint: "Log in, or have a user made: `dure users create`.", ko: { message: "이미 사용자가 등록된 에이전트입니다", hint: "로그인하거나 `dure users create`로 사용자를 만드세요." } });
    changed({ after: { endsMs: made.endsMs } });
    const base = address();
    // Behind the `#`, what opens the door reaches no log of a server on the way.
    return { ...made, ...(base === undefined ? {} : { link: new URL(`setup#${made.token}`, base).href }) };
  },
});

export const userCommands = [list, create, update, remove, setPassword, openSetup] as const satisfies readonly CommandDefinition<AccessPort>[];

function shown({ id: _, ...user }: User): Omit<User, "id"> {
  return user;
}

function audited({ role, language, isDisabled }: User): { role: string; language: string; isDisabled: boolean } {
  return { role, language, isDisabled };
}
