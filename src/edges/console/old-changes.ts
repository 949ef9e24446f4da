// What `act`, `trm`, `set`, `del`, `lad` and `sav` do, and the old HTTP API with them: each thing by a command of the table, each with a line that says how it went.
import type { Told } from "#base/errors.ts";
import { CommandFailure, failureFacts } from "#kernel/commands/failure.ts";
import { ask, attempt, each } from "./old-answers.ts";
import type { OldCaller, OldResult } from "./old-answers.ts";
import type { OldTask } from "./old-grammar.ts";

/** A name is a task, a group, or `all`. */
async function isGroup(call: OldCaller, name: string): Promise<boolean> {
  const { processes } = await ask(call, "processes.list", {});
  if (processes.some((process) => process.name === name)) return false;
  return (await ask(call, "groups.list", {})).groups.some((group) => group.name === name);
}

export function act(call: OldCaller, names: readonly string[]): Promise<OldResult[]> {
  return each(names, (name) =>
    attempt(name, async () => {
      await ((await isGroup(call, name)) ? ask(call, "groups.start", { name }) : ask(call, "processes.start", { name }));
      return " set to act";
    }),
  );
}

export function trm(call: OldCaller, names: readonly string[]): Promise<OldResult[]> {
  return each(names, (name) =>
    attempt(name, async () => {
      await ((await isGroup(call, name)) ? ask(call, "groups.stop", { name }) : ask(call, "processes.stop", { name }));
      return " set to trm";
    }),
  );
}

/** As a group only: what the old HTTP API says of one. */
export function groupStatus(call: OldCaller, name: string, verb: "act" | "trm"): Promise<OldResult> {
  return attempt(name, async () => {
    await ask(call, verb === "act" ? "groups.start" : "groups.stop", { name });
    return ` set to ${verb}`;
  });
}

export function setConfigs(call: OldCaller, pairs: readonly { readonly key: string; readonly value: string }[]): Promise<OldResult[]> {
  return each(pairs, ({ key, value }) =>
    attempt(key, async () => {
      const { value: now } = await ask(call, "process-settings.set", { name: key, value });
      return ` set to ${now}`;
    }),
  );
}

/** Added, and started by nobody yet: `act` does. As in EventFlow it says on standard error that a line is done, whoever sent that: without, what it dies over would be lost. */
export function setTasks(call: OldCaller, tasks: readonly OldTask[]): Promise<OldResult[]> {
  return each(tasks, ({ type, name, command, upload }) =>
    attempt(name, async () => {
      const { processes } = await ask(call, "processes.list", {});
      if (processes.some((process) => process.name === name)) throw new CommandFailure("CONFLICT", { message: `there is a task \`${name}\` already`, hint: "`del task` takes it away.", ko: { message: `\`${name}\` 태스크가 이미 있습니다`, hint: "`del task`로 지울 수 있습니다." } });
      const definition = { ...(type === "process" ? {} : { type }), ...(command === "" ? {} : { command }), start: "manual", ack: "stderr-echo" };
      if (upload === undefined) {
        await ask(call, "processes.create", { name, definition });
        return " set to add";
      }
      // Types that need what was uploaded are checked with it; of one that is refused, nothing stays.
      await ask(call, "processes.create", { name, definition });
      try {
        await ask(call, "programs.upload", { process: name, file: upload.fileName, content: upload.base64 });
      } catch (error) {
        await ask(call, "processes.remove", { name }).catch(() => {});
        throw error;
      }
      return ` set to add, with ${upload.fileName}`;
    }),
  );
}

export function deleteTasks(call: OldCaller, names: readonly string[]): Promise<OldResult[]> {
  return each(names, (name) =>
    attempt(name, async () => {
      await ask(call, "processes.remove", { name });
      return " set to del";
    }),
  );
}

export interface OldFlow {
  readonly type: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
}

type Ack = "stderr-echo" | "line" | "json" | "none";

/** Consumers say with what they end a line as they do already; a new one as EventFlow had it: on standard error. */
export function setFlows(call: OldCaller, flows: readonly OldFlow[]): Promise<OldResult[]> {
  return each(flows, ({ type, from, to }) =>
    attempt(flowWords(type, from, to), async () => {
      const kind = flowType(type);
      const { flows: known } = await ask(call, "flows.list", {});
      for (const one of from)
        for (const other of to)
          if (known.some((flow) => flow.type === kind && flow.from.includes(one) && flow.to.includes(other))) throw new CommandFailure("CONFLICT", { message: `there is a flow ${flowWords(kind, [one], [other])} already`, ko: { message: `${flowWords(kind, [one], [other])} 플로우가 이미 있습니다` } });
      const byAck = Map.groupBy(to, (name): Ack => known.find((flow) => flow.to.includes(name))?.ack ?? "stderr-echo");
      for (const [ack, names] of byAck) await ask(call, "flows.create", { type: kind, from: [...from], to: names, ack });
      return " set to add";
    }),
  );
}

/** Each pair by itself: a flow that has others as well keeps those. */
export function deleteFlows(call: OldCaller, flows: readonly OldFlow[]): Promise<OldResult[]> {
  return each(flows, ({ type, from, to }) =>
    attempt(flowWords(type, from, to), async () => {
      await ask(call, "flows.delete", { type: flowType(type), from: [...from], to: [...to] }).catch(noneThere({ message: `there is no flow ${flowWords(type, from, to)}`, hint: "`shw flow` shows them.", ko: { message: `${flowWords(type, from, to)} 플로우가 없습니다`, hint: "`shw flow`로 확인하세요." } }));
      return " set to del";
    }),
  );
}

/** Says in the old words what was not found. */
function noneThere(told: Told): (error: unknown) => never {
  return (error) => {
    throw failureFacts(error).code === "NOT_FOUND" ? new CommandFailure("NOT_FOUND", told) : error;
  };
}

function flowType(type: string): "broad" | "share" {
  if (type === "broad" || type === "share") return type;
  throw new CommandFailure("INVALID", { message: `\`${type}\` is no type of flow`, hint: "Write `broad` or `share`.", ko: { message: `\`${type}\`: 플로우 종류가 아닙니다`, hint: "`broad`나 `share`를 쓰세요." } });
}

function flowWords(type: string, from: readonly string[], to: readonly string[]): string {
  return `${type}:${from.join("|")}:${to.join("|")}`;
}

export interface OldGroup {
  readonly groups: readonly string[];
  /** Without any: the group as a whole. */
  readonly tasks: readonly string[];
}

export function setGroups(call: OldCaller, items: readonly OldGroup[]): Promise<OldResult[]> {
  return each(items.flatMap(({ groups, tasks }) => groups.map((name) => ({ name, tasks }))), ({ name, tasks }) =>
    attempt(`${name}:${tasks.join("|")}`, async () => {
      await ask(call, "groups.set", { name, processes: [...tasks], change: "add" });
      return " set to add";
    }),
  );
}

/** A group whose last task goes, goes. */
export function deleteGroups(call: OldCaller, items: readonly OldGroup[]): Promise<OldResult[]> {
  return each(items.flatMap(({ groups, tasks }) => groups.map((name) => ({ name, tasks }))), ({ name, tasks }) => {
    const shown = tasks.length === 0 ? name : `${name}:${tasks.join("|")}`;
    return attempt(shown, async () => {
      const removed = tasks.length === 0 ? ask(call, "groups.remove", { name }) : ask(call, "groups.set", { name, processes: [...tasks], change: "take" });
      await removed.catch(noneThere({ message: `there is no group ${shown}`, hint: "`shw group` shows them.", ko: { message: `${shown} 그룹이 없습니다`, hint: "`shw group`으로 확인하세요." } }));
      return " set to del";
    });
  });
}

export function sendTo(call: OldCaller, name: string, message: string): Promise<OldResult> {
  return attempt(name, async () => {
    const { queued } = await ask(call, "processes.send", { name, message });
    return ` set to stdin (${queued} queued)`;
  });
}

export interface OldSchedule {
  readonly cron: string;
  readonly task: string;
  readonly message: string;
}

const NAMES_TRIED_MAX = 100;

/** A task may have several messages at one time; then each needs a name of its own. */
export function setSchedule(call: OldCaller, { cron, task, message }: OldSchedule): Promise<OldResult> {
  return attempt(`${cron}:${task}`, async () => {
    for (let tries = 1; ; tries += 1) {
      const { schedules } = await ask(call, "schedules.list", {});
      const names = new Set(schedules.map(({ name }) => name));
      if (schedules.some((each) => each.cron === cron && each.process === task && each.action === "send" && each.message === message)) throw new CommandFailure("CONFLICT", { message: "there is this schedule already", ko: { message: "같은 일정이 이미 있습니다" } });
      const usual = `${cron} ${task}`;
      let number = 2;
      while (names.has(`${usual} ${number}`)) number += 1;
      try {
        await ask(call, "schedules.create", { cron, process: task, message, ...(names.has(usual) ? { name: `${usual} ${number}` } : {}) });
        return " set to add";
      } catch (error) {
        // Somebody has taken the name in this very moment.
        if (failureFacts(error).code !== "CONFLICT" || NAMES_TRIED_MAX <= tries) throw error;
      }
    }
  });
}

/** Without a message: all that this task has at these times. */
export function deleteSchedules(call: OldCaller, { cron, task, message }: Omit<OldSchedule, "message"> & { readonly message?: string }): Promise<OldResult> {
  return attempt(`${cron}:${task}`, async () => {
    const { schedules } = await ask(call, "schedules.list", {});
    const found = schedules.filter((each) => each.cron === cron && each.process === task && (message === undefined || each.message === message));
    if (found.length === 0) throw new CommandFailure("NOT_FOUND", { message: "there is no such schedule", hint: "`shw schedule` shows them.", ko: { message: "그런 일정이 없습니다", hint: "`shw schedule`로 확인하세요." } });
    for (const { name } of found) await ask(call, "schedules.remove", { name });
    return " set to del";
  });
}

export function recover(call: OldCaller, task: string, message: string): Promise<OldResult> {
  return attempt(task, async () => {
    const { name } = await ask(call, "recoveries.create", { process: task, message });
    return ` set to recovery (${name})`;
  });
}

export function clearQueues(call: OldCaller, names: readonly string[]): Promise<OldResult[]> {
  return each(names, (name) =>
    attempt(name, async () => {
      const { dropped } = await ask(call, "processes.clear-queue", { name });
      return ` set to del task_queue (${dropped} dropped)`;
    }),
  );
}

export function loadQueues(call: OldCaller, names: readonly string[]): Promise<OldResult[]> {
  return each(names, (name) =>
    attempt(name, async () => {
      const { events } = await ask(call, "processes.load-queues", { name });
      return ` loaded (${events} events)`;
    }),
  );
}

export function saveQueues(call: OldCaller, names: readonly string[]): Promise<OldResult[]> {
  return each(names, (name) =>
    attempt(name, async () => {
      const { events } = await ask(call, "processes.save-queues", { name });
      return ` saved (${events} events)`;
    }),
  );
}
