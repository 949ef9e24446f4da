// What a config says of processes as a plan.
import { resolve } from "node:path";
import { composed } from "#base/text.ts";
import { optionSchema } from "../option-schema.ts";
import { isSecret } from "../redact.ts";
import type { FlowPlan, GroupPlan, HealthPlan, ProcessesPlan, ProcessPlan, ProcessSettings, SchedulePlan } from "./process-plan.ts";
import { processOptions } from "./process-options.ts";
import type { ProcessOptions } from "./process-options.ts";
import type { FlowEntry, GroupEntry, ProcessEntry, ReadProcesses, ScheduleEntry } from "./read-processes.ts";
import { secretsInWords } from "./secrets/secret-words.ts";
import { shownOptions } from "./shown-options.ts";
import type { Source } from "./source.ts";
import { entryOf, locate, written } from "./tree.ts";
import type { TreeNode } from "./tree.ts";

const HIDDEN = "[hidden]";
const SHELL: readonly string[] = process.platform === "win32" ? ["cmd.exe", "/d", "/s", "/c"] : ["/bin/sh", "-c"];

interface Surroundings {
  readonly settings: ProcessSettings;
  readonly configDir: string;
  readonly source: Source;
}

export function processesPlan({ processes, flows, groups, schedules }: ReadProcesses, surroundings: Surroundings): Omit<ProcessesPlan, "settings" | "console" | "readers"> {
  const flowPlans = flows.flatMap((flow) => flowPlan(flow, surroundings.source));
  const acks = new Map(flows.flatMap(({ options }) => (options?.ack === undefined ? [] : namesOf(options.to).map((to) => [to, options.ack] as const))));
  return {
    processes: processes.flatMap((entry) => processPlan(entry, acks.get(entry.name), surroundings)),
    flows: flowPlans,
    groups: groups.flatMap(groupPlan),
    schedules: schedules.flatMap(schedulePlan),
  };
}

/** A name, or a list of them, as a list without repetition. */
export function namesOf(names: string | readonly string[]): string[] {
  return [...new Set((typeof names === "string" ? [names] : names).map((name) => composed(name.trim())))];
}

function processPlan({ name, nameSpan, node, options, typeOptions }: ProcessEntry, flowAck: ProcessOptions["ack"], { settings: { defaults }, configDir, source }: Surroundings): ProcessPlan[] {
  if (options === undefined) return [];
  const { limits, restart, stop, queue, output, health } = options;
  const command = asWritten(options.command ?? [], locate(node, ["command"], node).value, source);
  const env = textsOf(options.env, node, ["env"], source);
  return [
    {
      name,
      type: options.type,
      command: started(command),
      written: shownCommand(command, node, source),
      ...(typeOptions === undefined ? {} : { options: typeOptions }),
      ...(options.cwd === undefined && options.type !== "process" ? {} : { cwd: resolve(configDir, options.cwd ?? ".") }),
      env,
      shownEnv: shownVariables(env, node, source),
      ...(options.user === undefined ? {} : { user: String(options.user) }),
      limits: {
        ...(limits.memory === undefined ? {} : { memoryBytesMax: limits.memory }),
        ...(limits.processes === undefined ? {} : { processesMax: limits.processes }),
        ...(limits.files === undefined ? {} : { filesMax: limits.files }),
        ...(limits.cpus === undefined ? {} : { cpus: limits.cpus }),
      },
      start: options.start,
      instances: options.instances,
      restart: restartPlan(restart),
      stop: { signal: stop.signal, waitMs: stop.wait ?? defaults.stopWaitMs },
      dependsOn: dependenciesOf(options),
      ...(health === undefined ? {} : { health: healthPlan(health, node, source) }),
      encoding: options.encoding,
      lineBytesMax: options.line_max,
      ack: {
        type: flowAck ?? options.ack ?? "none",
        timeoutMs: options.ack_timeout,
        onFailure: options.on_failure ?? (defaults.isFailedSkipped ? "skip" : "retry"),
        attemptsMax: options.attempts === "forever" ? null : options.attempts,
      },
      queue: { eventsMax: queue.events ?? defaults.queueEventsMax, bytesMax: queue.bytes },
      output: { linesKept: output.lines, ...(output.file === undefined ? {} : { file: resolve(configDir, output.file) }), fileBytesMax: output.rotate_size, filesMax: output.rotate_files },
      place: source.place(nameSpan.start),
    },
  ];
}

const RESTART = { first: 1000, most: 30_000, attempts: "forever", steady: 10_000 } as const;

function restartPlan(restart: ProcessOptions["restart"]): ProcessPlan["restart"] {
  const { when, first, most, attempts, steady } = typeof restart === "string" ? { when: restart, ...RESTART } : restart;
  return { when, firstMs: first, mostMs: most, attemptsMax: attempts === "forever" ? null : attempts, steadyMs: steady };
}

export function dependenciesOf({ depends_on: dependsOn = [] }: ProcessOptions): ProcessPlan["dependsOn"] {
  if (typeof dependsOn === "string" || Array.isArray(dependsOn)) return namesOf(dependsOn).map((process) => ({ process, until: "started" }));
  return Object.entries(dependsOn).map(([name, until]) => ({ process: composed(name.trim()), until }));
}

function healthPlan(health: NonNullable<ProcessOptions["health"]>, node: TreeNode, source: Source): HealthPlan {
  const { http, status, tcp, exec, line = "" } = health;
  const times = { intervalMs: health.every, timeoutMs: health.timeout, failures: health.failures, graceMs: health.grace, isRestarted: health.restart };
  if (http !== undefined) return { ...times, type: "http", url: http, ...(status === undefined ? {} : { status }) };
  if (tcp !== undefined) return { ...times, type: "tcp", host: tcp.host, port: tcp.port };
  if (exec !== undefined) return { ...times, type: "exec", command: started(asWritten(exec, locate(node, ["health", "exec"], node).value, source)) };
  return { ...times, type: "line", pattern: line };
}

function flowPlan({ options, index, nameSpan }: FlowEntry, source: Source): FlowPlan[] {
  if (options === undefined) return [];
  return [{ type: options.type, from: namesOf(options.from), to: namesOf(options.to), isViewed: options.view, index, place: source.place(nameSpan.start) }];
}

function groupPlan({ name, options }: GroupEntry): GroupPlan[] {
  return options === undefined ? [] : [{ name, processes: namesOf(options.processes) }];
}

function schedulePlan({ options, index }: ScheduleEntry): SchedulePlan[] {
  if (options?.process === undefined) return [];
  const { cron, action, message = "", time_zone: timeZone } = options;
  const process = composed(options.process.trim());
  return [{ name: scheduleName(options), cron, process, action, message, ...(timeZone === undefined ? {} : { timeZone }), index }];
}

export function scheduleName({ name, cron, process, job }: { readonly name?: string | undefined; readonly cron: string; readonly process?: string | undefined; readonly job?: string | undefined }): string {
  return composed((name ?? `${cron} ${process ?? job ?? ""}`).trim());
}

// --- as it is written -----------------------------------------------------------------------------------------------------

type Words = string | readonly (string | number | boolean)[];

/** `[sleep, 010]` means what it says, not 8 or 10. */
function asWritten(words: Words, node: TreeNode | undefined, source: Source): string | string[] {
  if (typeof words === "string") return words;
  return words.map((word, index) => textOf(word, node?.type === "list" ? node.items[index] : undefined, source));
}

function textOf(value: string | number | boolean, node: TreeNode | undefined, source: Source): string {
  return typeof value === "string" || node?.type !== "scalar" || node.isInterpolated ? String(value) : written(source, node).trim();
}

/** Values of variables as they are written. */
export function textsOf(values: Readonly<Record<string, string | number | boolean>>, node: TreeNode, path: readonly string[], source: Source): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, textOf(value, locate(node, [...path, name], node).value, source)]));
}

function started(command: string | readonly string[]): readonly string[] {
  return typeof command === "string" ? [...SHELL, command] : command;
}

// --- as it may be shown ---------------------------------------------------------------------------------------------------

const schema = optionSchema(processOptions);

function shownVariables(env: Readonly<Record<string, string>>, node: TreeNode, source: Source): Record<string, string> {
  const envNode = node.type === "map" ? entryOf(node, "env")?.value : undefined;
  const shown = envNode === undefined ? undefined : (shownOptions(env, envNode, { schema: schema.properties?.["env"] ?? {}, shorthand: undefined }, source) as Record<string, string> | undefined);
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => {
      const text = shown?.[name] ?? value;
      // What is written as `${env:TOKEN}` says nothing.
      return [name, text === value && value !== "" && isSecret(name) ? HIDDEN : withoutSecrets(text)];
    }),
  );
}

function shownCommand(command: string | string[], node: TreeNode, source: Source): string | string[] {
  const shown = (shownOptions({ command }, node, { schema, shorthand: undefined }, source) as { readonly command: string | string[] } | undefined)?.command ?? command;
  if (typeof shown === "string") return withoutSecrets(shown);
  return shown.map((word, index) => {
    const [, flag = ""] = /^--?([\p{L}\p{N}_.-]+)$/u.exec(shown[index - 1] ?? "") ?? [];
    return isSecret(flag) && !word.startsWith("-") && !word.startsWith("${") ? HIDDEN : withoutSecrets(word);
  });
}

/** Passwords in addresses, values of `--password`. */
function withoutSecrets(text: string): string {
  let shown = text;
  for (const { start, end } of secretsInWords(text).toSorted((a, b) => b.start - a.start)) if (!text.slice(start, end).startsWith("${")) shown = `${shown.slice(0, start)}${HIDDEN}${shown.slice(end)}`;
  return shown;
}
