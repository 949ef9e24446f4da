// What the commands of processes share: whom a name means, what the audit is told, what goes out of the config with a process.
import type { JsonValue } from "#base/json.ts";
import type { CommandCall } from "#kernel/commands/command.ts";
import type { ConfigChange } from "#kernel/config/config-change.ts";
import type { ProcessPlan } from "#kernel/config/process-plan.ts";
import { isNeeded, noProcess } from "./process-failures.ts";
import type { ProcessesPort } from "./processes-port.ts";
import type { ProcessStatus } from "./processes.ts";

export function planOf(name: string, port: ProcessesPort): ProcessPlan {
  const { processes } = port.plan();
  const plan = processes.find((each) => each.name === name);
  if (plan === undefined) throw noProcess(name, processes.map((each) => each.name));
  return plan;
}

/** What it is started with; words that hold a secret are shown as they stand in the config. */
export function shownCommand(started: readonly string[], { command, written }: ProcessPlan): readonly string[] {
  const shown = typeof written === "string" ? [...command.slice(0, -1), written] : written;
  if (command.every((word, index) => word === shown[index])) return started;
  // A type that makes a command of its own may have put the words anywhere.
  return started.length === command.length ? started.map((word, index) => (command[index] === shown[index] ? word : (shown[index] ?? word))) : shown;
}

/** `all` is every process, unless one is called so. */
export function named(name: string, port: ProcessesPort): readonly string[] {
  const { processes } = port.plan();
  if (name === "all" && !processes.some((each) => each.name === "all")) return processes.map((each) => each.name);
  return [planOf(name, port).name];
}

export interface ProcessesLook {
  readonly atMs: number;
  readonly processes: readonly ProcessStatus[];
}

export async function lookAt(names: readonly string[], { engine }: ProcessesPort): Promise<ProcessesLook> {
  const all = await engine.list();
  return { atMs: Date.now(), processes: all.filter(({ name }) => names.includes(name)) };
}

export function only(name: string, port: ProcessesPort): Promise<ProcessesLook> {
  return lookAt([name], port);
}

/** Has processes do something, and says in the audit what they did before and do now. */
export async function tell(name: string, call: Pick<CommandCall, "caller" | "changed">, port: ProcessesPort, act: (names: readonly string[], by: string) => Promise<void>, after: { readonly [key: string]: JsonValue } = {}): Promise<ProcessesLook> {
  const names = named(name, port);
  call.changed({ subject: name, before: statesOf(await lookAt(names, port)) });
  await act(names, call.caller.name);
  const look = await lookAt(names, port);
  call.changed({ after: { ...statesOf(look), ...after } });
  return look;
}

function statesOf({ processes }: ProcessesLook): { readonly [key: string]: JsonValue } {
  const [first] = processes;
  if (processes.length === 1 && first !== undefined) return { state: first.state };
  return { states: processes.map(({ name, state }) => `${name}: ${state}`) };
}

/** Takes a process out of the config, and out of all that names it. */
export function changesWithout(name: string, port: ProcessesPort): ConfigChange[] {
  const { processes, flows, groups, schedules } = port.plan();
  const needing = processes.filter(({ dependsOn }) => dependsOn.some(({ process }) => process === name)).map((each) => each.name);
  if (0 < needing.length) throw isNeeded(name, needing);
  const ofFlows = flows.flatMap(({ index, from, to }): ConfigChange[] => {
    if (!from.includes(name) && !to.includes(name)) return [];
    const rest = { from: from.filter((each) => each !== name), to: to.filter((each) => each !== name) };
    if (rest.from.length === 0 || rest.to.length === 0) return [{ path: ["flows", index] }];
    return [
      ...(rest.from.length < from.length ? [{ path: ["flows", index, "from"], value: rest.from }] : []),
      ...(rest.to.length < to.length ? [{ path: ["flows", index, "to"], value: rest.to }] : []),
    ];
  });
  const ofGroups = groups.filter(({ processes }) => processes.includes(name)).map((group) => groupWith(group.name, group.processes.filter((each) => each !== name)));
  const ofSchedules = schedules.filter(({ process }) => process === name).map(({ index }): ConfigChange => ({ path: ["schedules", index] }));
  return [...fromTheEnd(ofFlows), ...ofGroups, ...fromTheEnd(ofSchedules), { path: ["processes", name] }];
}

/** A group that has none left goes. */
export function groupWith(name: string, processes: readonly string[]): ConfigChange {
  return { path: ["groups", name], ...(processes.length === 0 ? {} : { value: processes }) };
}

/** From the end of each list, so that what is left keeps its place until its turn. */
export function fromTheEnd(changes: readonly ConfigChange[]): ConfigChange[] {
  return changes.toSorted((one, other) => Number(other.path[1]) - Number(one.path[1]));
}
