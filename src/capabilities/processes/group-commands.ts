// Processes that are started and stopped together.
import { z } from "zod";
import { defineCommand } from "#kernel/commands/command.ts";
import type { CommandDefinition } from "#kernel/commands/command.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { GroupPlan } from "#kernel/config/process-plan.ts";
import { notFound } from "./process-failures.ts";
import { lookSchema } from "./process-schemas.ts";
import { groupWith, lookAt, planOf } from "./process-words.ts";
import type { ProcessesPort } from "./processes-port.ts";

const define = defineCommand<ProcessesPort>();
const name = z.string().min(1).max(200).meta({ description: "The group.", ko: "그룹 이름." });
const group = z.strictObject({ name: z.string(), processes: z.array(z.string()) });

const list = define({
  name: "groups.list",
  summary: { en: "processes that are started and stopped together", ko: "함께 시작하고 멈추는 프로세스" },
  role: "viewer",
  effect: "read",
  params: z.strictObject({}),
  result: z.strictObject({ groups: z.array(group) }),
  run: (_params, _call, port) => ({ groups: port.plan().groups }),
});

const set = define({
  name: "groups.set",
  summary: { en: "say in the config which processes a group has", ko: "설정에서 그룹의 프로세스를 정함" },
  role: "admin",
  effect: "change",
  key: "name",
  params: z.strictObject({
    name: name.refine((text) => /^[^\s/\\:,|"']+$/.test(text), { error: "a name has no spaces, quotes, slashes, `:`, `,` or `|`", params: { ko: "이름에는 빈칸, 따옴표, 빗금, `:`, `,`, `|`를 쓸 수 없습니다" } }),
    processes: z.array(z.string().min(1)).min(1).meta({ description: "All of them, or those that `change` is about.", ko: "그룹에 넣을 프로세스 전부, 또는 `change`로 넣고 뺄 프로세스." }),
    change: z.enum(["all", "add", "take"]).default("all").meta({ description: "`all`: it has these and no others; `add`: these as well; `take`: these no longer, and a group that has none left goes.", ko: "`all`: 이것만 둠. `add`: 이것을 더함. `take`: 이것을 뺌. 남은 것이 없으면 그룹이 없어짐." }),
  }),
  result: group,
  async run({ name: wanted, processes, change }, { caller, changed }, port) {
    let left: readonly string[] = processes;
    changed({ subject: wanted });
    // When its turn has come: others may have added theirs meanwhile.
    await port.edit(() => {
      const before = port.plan().groups.find((each) => each.name === wanted)?.processes;
      if (change === "take") {
        const missing = processes.find((each) => !groupOf(wanted, port).processes.includes(each));
        if (missing !== undefined) throw notInGroup(missing);
      } else for (const each of processes) planOf(each, port);
      left = change === "all" ? processes : change === "add" ? [...new Set([...(before ?? []), ...processes])] : (before ?? []).filter((each) => !processes.includes(each));
      changed({ before: before ?? null, after: left });
      return [groupWith(wanted, left)];
    }, caller.name, `groups.set ${wanted}`);
    return { name: wanted, processes: [...left] };
  },
});

const remove = define({
  name: "groups.remove",
  summary: { en: "take a group out of the config; its processes stay", ko: "설정에서 그룹을 지움. 프로세스는 남음" },
  role: "admin",
  effect: "change",
  key: "name",
  params: z.strictObject({ name }),
  result: z.null(),
  async run({ name: wanted }, { caller, changed }, port) {
    changed({ subject: wanted, before: groupOf(wanted, port).processes });
    await port.edit(() => [{ path: ["groups", groupOf(wanted, port).name] }], caller.name, `groups.remove ${wanted}`);
    return null;
  },
});

const acts = ["start", "stop", "restart"] as const;
const summaries = {
  start: { en: "start the processes of a group", ko: "그룹의 프로세스를 모두 시작" },
  stop: { en: "stop the processes of a group", ko: "그룹의 프로세스를 모두 정상 종료" },
  restart: { en: "end the processes of a group and start them anew", ko: "그룹의 프로세스를 끝내고 다시 시작" },
} as const;

function act<Act extends (typeof acts)[number]>(verb: Act) {
  return define({
    name: `groups.${verb}`,
    summary: summaries[verb],
    role: "operator",
    effect: "change",
    key: "name",
    params: z.strictObject({ name }),
    result: lookSchema,
    async run({ name: wanted }, { caller, changed }, port) {
      const { processes } = groupOf(wanted, port);
      changed({ subject: wanted, after: { processes } });
      await port.engine[verb](processes, caller.name);
      return lookAt(processes, port);
    },
  });
}

function notInGroup(process: string): CommandFailure {
  return new CommandFailure("NOT_FOUND", { message: `the group has no \`${process}\``, hint: "`dure groups list` shows them.", ko: { message: `이 그룹에 없습니다: \`${process}\``, hint: "`dure groups list`로 확인하세요." } });
}

function groupOf(name: string, port: ProcessesPort): GroupPlan {
  const { groups } = port.plan();
  const found = groups.find((each) => each.name === name);
  if (found === undefined) throw notFound({ en: "group", ko: "그룹이" }, name, groups.map((each) => each.name));
  return found;
}

export const groupCommands = [list, set, remove, act("start"), act("stop"), act("restart")] as const satisfies readonly CommandDefinition<ProcessesPort>[];
