// What `shw` and the GETs of the old HTTP API show, in EventFlow's words, of what the command table answers.
import { say } from "#base/lang.ts";
import { reasonText } from "#kernel/supervisor/reason-words.ts";
import { ask, stamp } from "./old-answers.ts";
import type { OldCaller, OldRow } from "./old-answers.ts";

/** Of each key, the values that are wanted; without any, all. Case does not count. */
export type OldFilter = Readonly<Record<string, readonly string[]>>;

export function filtered(rows: readonly OldRow[], filter: OldFilter): OldRow[] {
  const wanted = Object.entries(filter).map(([key, values]) => [key, new Set(values.map((value) => value.toLowerCase()))] as const);
  return rows.filter((row) => wanted.every(([key, values]) => values.size === 0 || values.has((row[key] ?? "").toLowerCase())));
}

export async function configs(call: OldCaller): Promise<OldRow[]> {
  const { settings } = await ask(call, "process-settings.list", {});
  const rows = settings.map(({ name, value, isChangeable }) => ({ KEY: name, VALUE: value, CHANGEABLE: isChangeable ? "Y" : "N" }));
  const after = rows.findIndex(({ KEY }) => KEY === "flask port") + 1;
  const code = call.caller.role === "admin" ? (call.shutdownCode ?? "-") : "-";
  return rows.toSpliced(after === 0 ? rows.length : after, 0, { KEY: "flask shutdown code", VALUE: code, CHANGEABLE: "N" });
}

type Status = Awaited<ReturnType<typeof statuses>>[number];

async function statuses(call: OldCaller) {
  return (await ask(call, "processes.list", {})).processes;
}

/** EventFlow knew two words for what is wanted of a task, and two for whether it is so. */
function taskRow({ name, type, state, wanted, restarts, instances, isCrashLooping }: Status): OldRow {
  const isActive = wanted === "running";
  const isAbnormal = isActive && (isCrashLooping || state === "backoff" || state === "failed" || state === "unhealthy");
  const pids = instances.flatMap(({ pid }) => (pid === null ? [] : [String(pid)]));
  const startedMs = instances.find((instance) => instance.startedMs !== null)?.startedMs;
  return {
    TYPE: type,
    NAME: name,
    STATUS: isActive ? "ACT" : "TRM",
    "ACT-STATUS": isAbnormal ? "ABN" : "OK",
    "ACT-COUNT": isActive ? String(1 + restarts) : "0",
    "ACT-TIME": stamp(startedMs),
    PID: pids.length === 0 ? "-" : pids.join(","),
  };
}

export async function tasks(call: OldCaller): Promise<OldRow[]> {
  return (await statuses(call)).map(taskRow);
}

/** With what EventFlow had no words for. */
export async function status(call: OldCaller): Promise<OldRow[]> {
  return (await statuses(call)).map((each) => ({ ...taskRow(each), STATE: each.state, REASON: each.reason === undefined ? "-" : say(reasonText(each.reason)) }));
}

/** The status of one, with the last lines it was given and said; those are for operators. */
export async function oneStatus(call: OldCaller, name: string): Promise<OldRow[]> {
  const rows = filtered(await status(call), { NAME: [name] });
  if (rows.length === 0) return [];
  const lines = await ask(call, "processes.output", { name, limit: 200 }).then((answer) => answer.lines, () => []);
  const last = (stream: string): string => lines.findLast((line) => line.stream === stream)?.text ?? "-";
  return rows.map((row) => ({ ...row, STDIN: last("stdin"), STDOUT: last("stdout"), STDERR: last("stderr") }));
}

export async function ready(call: OldCaller): Promise<OldRow[]> {
  return (await statuses(call)).map(({ name, state }) => ({ NAME: name, READY: state === "running" ? "Y" : "N" }));
}

/** What waits: `BROADCASTING STDIN` in a task's own queue, `SHARING STDIN` of what it printed for whoever is free, `ERROR` what was put aside. */
export async function queues(call: OldCaller): Promise<OldRow[]> {
  return (await statuses(call)).map(({ name, queue }) => ({ NAME: name, ERROR: String(queue.skipped), "BROADCASTING STDIN": String(queue.own), "SHARING STDIN": String(queue.shared) }));
}

/** One row for each pair, as EventFlow kept them. */
export async function flows(call: OldCaller): Promise<OldRow[]> {
  const { flows: all } = await ask(call, "flows.list", {});
  return all.flatMap(({ type, from, to }) => from.flatMap((one) => to.map((other) => ({ FLOW_TYPE: type, FLOW_FROM: one, FLOW_TO: other }))));
}

export async function groups(call: OldCaller): Promise<OldRow[]> {
  const { groups: all } = await ask(call, "groups.list", {});
  return all.map(({ name, processes }) => ({ GROUP_NAME: name, TASK_LIST: processes.join(",") }));
}

/** `-t`: the groups that have one of these tasks. */
export function groupsWith(rows: readonly OldRow[], names: readonly string[], wantedTasks: readonly string[]): OldRow[] {
  const has = (row: OldRow): boolean => wantedTasks.length === 0 || (row["TASK_LIST"] ?? "").split(",").some((task) => wantedTasks.includes(task));
  return filtered(rows, { GROUP_NAME: names }).filter(has);
}

export async function schedules(call: OldCaller): Promise<OldRow[]> {
  const { schedules: all } = await ask(call, "schedules.list", {});
  return all.map(({ cron, process, message, action }) => ({ TIME_FORMAT: cron, TASK: process, MESSAGE: action === "send" ? message : `(${action})` }));
}

export async function recoveries(call: OldCaller): Promise<OldRow[]> {
  const { recoveries: all } = await ask(call, "recoveries.list", {});
  return all.map(({ name, startMs, endMs, state }) => ({ NAME: name, START_TIME: stamp(startMs), END_TIME: state === "FAIL" || state === "TIME_OUT" ? state : stamp(endMs) }));
}

/** A thousand lines of a megabyte each are for nobody's eyes. */
const TEXT_MAX = 4096;

/** `stdin -> etl`, `etl -> stdout`: EventFlow said `task`, which told nobody whose line it was. */
export async function movements(call: OldCaller): Promise<OldRow[]> {
  const { movements: all } = await ask(call, "processes.movements", { limit: 1000 });
  return all.map(({ atMs, process, direction, text }) => ({ DATETIME: stamp(atMs), DIRECTION: direction.replace("task", () => process), MESSAGE: text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX)}…` }));
}

export function movementsOf(rows: readonly OldRow[], names: readonly string[]): OldRow[] {
  return rows.filter(({ DIRECTION = "" }) => names.length === 0 || DIRECTION.split(" -> ").some((end) => names.includes(end)));
}

export function recoveriesOf(rows: readonly OldRow[], names: readonly string[]): OldRow[] {
  return rows.filter(({ NAME = "" }) => names.length === 0 || names.some((name) => NAME.startsWith(`${name}-`)));
}
