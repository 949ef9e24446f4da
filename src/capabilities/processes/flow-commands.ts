// Which process hands what it prints to which.
import { z } from "zod";
import type { JsonValue } from "#base/json.ts";
import { defineCommand } from "#kernel/commands/command.ts";
import type { CommandDefinition } from "#kernel/commands/command.ts";
import type { ConfigChange } from "#kernel/config/config-change.ts";
import type { FlowPlan } from "#kernel/config/process-plan.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import { queueSchema } from "./process-schemas.ts";
import { fromTheEnd, planOf } from "./process-words.ts";
import type { ProcessesPort } from "./processes-port.ts";

const define = defineCommand<ProcessesPort>();
const type = z.enum(["broad", "share"]).meta({ description: "`broad`: each consumer gets every event; `share`: each event goes to one of them.", ko: "`broad`: 모든 소비자가 모든 이벤트를 받음. `share`: 이벤트마다 소비자 하나가 받음." });
const ends = { from: z.array(z.string().min(1)).min(1).meta({ description: "Processes that print events.", ko: "이벤트를 출력하는 프로세스." }), to: z.array(z.string().min(1)).min(1).meta({ description: "Processes that read them.", ko: "이벤트를 읽는 프로세스." }) };
const flow = z.strictObject({ type, from: z.array(z.string()), to: z.array(z.string()), isViewed: z.boolean(), ack: z.enum(["stderr-echo", "line", "json", "none"]).optional() });

const list = define({
  name: "flows.list",
  summary: { en: "which process hands its events to which, and what waits", ko: "프로세스 사이의 플로우와 기다리는 이벤트" },
  role: "viewer",
  effect: "read",
  params: z.strictObject({}),
  result: z.strictObject({ flows: z.array(flow), queues: z.array(queueSchema.extend({ eventsMax: z.number().describe("So many may wait; then its producers do.") })) }),
  async run(_params, _call, port) {
    const all = await port.engine.list();
    const most = new Map(port.plan().processes.map(({ name, queue }) => [name, queue.eventsMax]));
    return { flows: port.plan().flows.map((each) => shown(each, port)), queues: all.map(({ name, queue }) => ({ ...queue, eventsMax: most.get(name) ?? 0 })) };
  },
});

const create = define({
  name: "flows.create",
  summary: { en: "add a flow to the config", ko: "설정에 플로우를 추가" },
  role: "admin",
  effect: "change",
  params: z.strictObject({ type, ...ends, ack: z.enum(["stderr-echo", "line", "json", "none"]).optional().meta({ description: "When an event is done: its consumer says so on standard error, prints a line, prints JSON, or has it. As its consumer has it already unless given, `none` at first.", ko: "이벤트가 끝난 때: 표준 오류에 되돌림, 한 줄 출력, JSON 출력, 또는 받은 즉시. 없으면 소비자에 이미 정한 대로, 처음에는 `none`." }) }),
  result: z.strictObject({ flows: z.array(flow) }),
  examples: [{ line: "dure flows create --type broad --from extract --to load", text: { en: "every line of `extract` goes to `load`", ko: "`extract`의 모든 줄이 `load`로 갑니다" } }],
  async run(params, { caller, changed }, port) {
    for (const each of [...params.from, ...params.to]) planOf(each, port);
    changed({ subject: words(params), after: params as unknown as JsonValue });
    const { type: kind, from, to } = params;
    // A consumer has one way to say that an event is done, whoever it comes from.
    const ack = params.ack ?? planOf(to[0] ?? "", port).ack.type;
    await port.edit(() => {
      if (port.plan().flows.some((each) => isSame(each, params))) throw new CommandFailure("CONFLICT", { message: `there is a flow ${words(params)} already`, ko: { message: `${words(params)} 플로우가 이미 있습니다` } });
      return [{ path: ["flows", "-"], value: { type: kind, from: oneOrMany(from), to: oneOrMany(to), ack } }];
    }, caller.name, `flows.create ${words(params)}`);
    return { flows: port.plan().flows.filter((each) => isSame(each, params)).map((each) => shown(each, port)) };
  },
});

const remove = define({
  name: "flows.delete",
  summary: { en: "take a flow, or one of its ways, out of the config; what waits in it stays", ko: "설정에서 플로우나 그 안의 경로를 지움. 기다리는 이벤트는 남음" },
  role: "admin",
  effect: "change",
  params: z.strictObject({ type, ...ends }),
  result: z.null(),
  async run(params, { caller, changed }, port) {
    changed({ subject: words(params) });
    await port.edit(() => {
      const without = flowsWithout(params, port);
      changed({ before: { ack: planOf(params.to[0] ?? "", port).ack.type } });
      return without;
    }, caller.name, `flows.delete ${words(params)}`);
    return null;
  },
});

/** Each way by itself: a flow that has others as well keeps those. */
function flowsWithout(params: Ends, port: ProcessesPort): ConfigChange[] {
  const { flows } = port.plan();
  const same = flows.find((each) => isSame(each, params));
  if (same !== undefined) return [{ path: ["flows", same.index] }];
  const hit = new Map<FlowPlan, { readonly from: string; readonly to: string }[]>();
  for (const from of params.from)
    for (const to of params.to) {
      const found = flows.find((each) => each.type === params.type && each.from.includes(from) && each.to.includes(to));
      if (found === undefined) throw noFlow({ type: params.type, from: [from], to: [to] });
      hit.set(found, [...(hit.get(found) ?? []), { from, to }]);
    }
  const changes: ConfigChange[] = [];
  const more: ConfigChange[] = [];
  for (const [flow, gone] of hit) {
    const [first, ...rest] = waysLeft(flow, gone);
    if (first === undefined) changes.push({ path: ["flows", flow.index] });
    else changes.push({ path: ["flows", flow.index, "from"], value: oneOrMany(first.from) }, { path: ["flows", flow.index, "to"], value: oneOrMany(first.to) });
    const ack = planOf(flow.to[0] ?? "", port).ack.type;
    for (const ends of rest) more.push({ path: ["flows", "-"], value: { type: flow.type, from: oneOrMany(ends.from), to: oneOrMany(ends.to), ack, ...(flow.isViewed ? {} : { view: false }) } });
  }
  return [...fromTheEnd(changes), ...more];
}

/** What a flow still joins, as few flows as say it: those that feed the same stand together. */
function waysLeft({ from, to }: FlowPlan, gone: readonly { readonly from: string; readonly to: string }[]): { readonly from: readonly string[]; readonly to: readonly string[] }[] {
  const left = (one: string): string[] => to.filter((other) => !gone.some((way) => way.from === one && way.to === other));
  const byRest = Map.groupBy(from.filter((one) => 0 < left(one).length), (one) => JSON.stringify(left(one)));
  return [...byRest.values()].map((names) => ({ from: names, to: left(names[0] ?? "") }));
}

function noFlow(ends: Ends): CommandFailure {
  return new CommandFailure("NOT_FOUND", { message: `there is no flow ${words(ends)}`, hint: "`dure flows list` shows them.", ko: { message: `${words(ends)} 플로우가 없습니다`, hint: "`dure flows list`로 확인하세요." } });
}

function shown({ type: kind, from, to, isViewed }: FlowPlan, port: ProcessesPort) {
  const ack = port.plan().processes.find(({ name }) => name === to[0])?.ack.type;
  return { type: kind, from, to, isViewed, ...(ack === undefined ? {} : { ack }) };
}

type Ends = Pick<FlowPlan, "type" | "from" | "to">;

function isSame(one: Ends, other: Ends): boolean {
  const key = ({ type: kind, from, to }: Ends): string => JSON.stringify([kind, from.toSorted(), to.toSorted()]);
  return key(one) === key(other);
}

function words({ type: kind, from, to }: Ends): string {
  return `${kind} ${from.join("|")} → ${to.join("|")}`;
}

function oneOrMany(names: readonly string[]): JsonValue {
  const [first = ""] = names;
  return names.length === 1 ? first : [...names];
}

export const flowCommands = [list, create, remove] as const satisfies readonly CommandDefinition<ProcessesPort>[];
