// Messages of the old operator, to begin with: each as it would stand in its queue, all values texts.
import { words } from "../../words/operator.ts";
import type { Text } from "../../words/say.ts";

export interface Template {
  readonly id: string;
  readonly label: Text;
  readonly kind: "task" | "management";
  /** Without `time`, which is the moment one takes it. */
  readonly message: Readonly<Record<string, unknown>>;
}

const ROUTE = { location: "2", direction: "1" } as const;
const TASK = { client_channel_id: "ABCD1234", company_code: "1", ...ROUTE } as const;
const DATA = { arg1: "argument1", arg2: "argument2" } as const;

function order(id: string, label: Text, action: string, target: string, detail: string): Template {
  return { id, label, kind: "management", message: { ...ROUTE, op_action: action, op_target: target, op_detail: detail } };
}

export const templates: readonly Template[] = [
  { id: "task", label: words.taskTemplate, kind: "task", message: { ...TASK, op_code: { module: "test.module", class: "TestClass", function: "callme" }, op_data: DATA } },
  { id: "function", label: words.functionTemplate, kind: "task", message: { ...TASK, op_code: { module: "test.module", function: "callme" }, op_data: DATA } },
  { id: "silent", label: words.silentTemplate, kind: "task", message: { ...TASK, reply: "2", op_code: { module: "test.module", class: "TestClass", function: "callme" }, op_data: DATA } },
  { id: "manual", label: words.misspelledTemplate, kind: "task", message: { ...TASK, op_code: { module: "test.module", class: "TestClass", fuction: "callme" }, op_data: DATA } },
  order("info", words.infoTemplate, "info", "worker", "all"),
  order("start-all", words.startAllTemplate, "start", "worker", "all"),
  order("start", words.startTemplate, "start", "worker", "3(40)"),
  order("stop-count", words.stopCountTemplate, "stop", "worker", "count=1"),
  order("stop-pid", words.stopPidTemplate, "stop", "worker", "pid=4711"),
  order("stop-workers", words.stopWorkersTemplate, "stop", "worker", "all"),
  order("watcher-on", words.watcherOnTemplate, "start", "watcher", ""),
  order("watcher-off", words.watcherOffTemplate, "stop", "watcher", ""),
  order("stop-all", words.stopAllTemplate, "stop", "all", ""),
];

export function templateText({ message }: Pick<Template, "message">, nowMs: number): string {
  return JSON.stringify({ time: String(Math.floor(nowMs / 1000)), ...message }, undefined, 2);
}
