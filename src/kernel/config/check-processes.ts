// The sections of a config that are about processes: read, checked against one another, and as a plan.
import { join } from "node:path";
import { ProcessTypes } from "../process-types.ts";
import type { ProcessTypeTable } from "../process-types.ts";
import { checkOptions } from "./options.ts";
import type { Problems } from "./problem.ts";
import type { ConsolePlan, ProcessesPlan } from "./process-plan.ts";
import type { ProcessSections } from "./process-sections.ts";
import { consoleOptions, consolePlan, processSettingsOptions, settingsPlan } from "./process-settings.ts";
import type { ReadProcesses } from "./read-processes.ts";
import { spanOf } from "./tree.ts";
import type { TreeNode } from "./tree.ts";

export interface CheckedProcesses {
  /** As far as it can be understood. */
  readonly plan: ProcessesPlan;
  /** undefined: there are no sections of processes. */
  readonly read: ReadProcesses | undefined;
}

export async function checkProcesses(sections: ProcessSections, { dataDir, configDir, types }: { readonly dataDir: string; readonly configDir: string; readonly types: ProcessTypeTable }, problems: Problems): Promise<CheckedProcesses> {
  const { process_settings: settingsEntry } = sections;
  const nameSpan = settingsEntry?.keySpan ?? { start: 0, end: 1 };
  const node: TreeNode = settingsEntry?.value ?? { type: "map", ...nameSpan, entries: [] };
  const given = (await checkOptions(node, { name: "process_settings", nameSpan, schema: processSettingsOptions }, problems)) as Parameters<typeof settingsPlan>[0] | undefined;
  const settings = settingsPlan(given ?? processSettingsOptions.parse({}), dataDir, configDir);
  const console = await checkConsole(sections, problems);
  const others = { readers: [], settings, ...(console === undefined ? {} : { console }) };
  const { processes, flows, groups, schedules } = sections;
  if ([processes, flows, groups, schedules].every((section) => section === undefined)) return { plan: { processes: [], flows: [], groups: [], schedules: [], ...others }, read: undefined };
  // Few configs need it.
  const { readProcesses } = await import("./read-processes.ts");
  const { processesPlan } = await import("./processes-plan.ts");
  const read = await readProcesses(sections, new ProcessTypes(types, join(configDir, "plugins")), problems);
  return { plan: { ...processesPlan(read, { settings, configDir, source: problems.source }), ...others }, read };
}

/** `console: true` is one with its defaults, `console: false` none. */
async function checkConsole({ console: entry }: ProcessSections, problems: Problems): Promise<ConsolePlan | undefined> {
  if (entry === undefined) return undefined;
  const { value, keySpan } = entry;
  if (value.type === "scalar" && (value.value === false || value.value === null)) return undefined;
  if (value.type === "list") {
    problems.add("DURE201", spanOf(value, keySpan), { text: { en: "`console:` takes a port, `false` or a map of options", ko: "`console:`에는 포트나 `false`, 또는 옵션의 맵을 씁니다" } });
    return undefined;
  }
  const node: TreeNode = value.type === "scalar" && value.value === true ? { type: "map", ...keySpan, entries: [] } : value;
  const options = (await checkOptions(node, { name: "console", nameSpan: keySpan, schema: consoleOptions, shorthand: "port" }, problems)) as Parameters<typeof consolePlan>[0] | undefined;
  return options === undefined ? undefined : consolePlan(options);
}
