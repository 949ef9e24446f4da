// Where the values of arguments and options come from, by the name that the help gives them: `[config]`, `<plugin>`, `<code>`.
import { readdirSync, readFileSync } from "node:fs";
import type { Text } from "#base/lang.ts";
import type { PipelineOutline } from "#kernel/config/outline.ts";
import { commands } from "../commands.ts";
import type { CommandSpec, RemoteWords } from "../command.ts";
import { fileIn, usualFile } from "../config-path.ts";

export interface Candidate {
  readonly value: string;
  readonly text?: Text;
}

export interface Offer {
  readonly kind: "words" | "files";
  readonly candidates: readonly Candidate[];
}

/** What stands in the words beside the one at the cursor. */
export interface Hint {
  readonly command: string | undefined;
  readonly args: readonly string[];
  readonly configs: readonly string[];
  readonly remote: RemoteWords;
}

type Source = (current: string, hint: Hint) => Offer | Promise<Offer>;

/** More than this nobody reads, and a folder may hold a million files. */
const CANDIDATES_MAX = 1000;
const CONFIG = /\.ya?ml$/i;
const KIND_NAMES = ["in", "parse", "filter", "buffer", "out"] as const;

export const sources: Readonly<Record<string, Source>> = {
  config: (current) => files(current, (name) => CONFIG.test(name)),
  configs: (current) => files(current, (name) => CONFIG.test(name)),
  files: (current) => files(current, (name) => CONFIG.test(name)),
  file: (current) => files(current, () => true),
  folder: (current) => files(current, () => false),
  // A buffer is the one kind that has no template.
  kind: (_, { command }) => words(KIND_NAMES.filter((name) => command !== "init" || name !== "buffer")),
  plugin: async (current, { command }) => (command === "new" ? words((await pluginNames()).filter((name) => /^(?:in|out)\./.test(name))) : words([...(await pluginNames()), "failover", "route", "sleep", "agent", "http", "store"])),
  parser: async () => words([...(await pluginNames()).filter((name) => name.startsWith("parse.")), "nginx", "apache", "none"]),
  pipe: async (current) => words((await pluginNames()).filter((name) => current !== "" || name.startsWith("in."))),
  chain: async (current) => {
    const done = current.slice(0, current.lastIndexOf("/") + 1);
    return words((await pluginNames()).map((name) => `${done}${name}`));
  },
  code: async () => {
    const { codes } = await import("#kernel/config/codes.ts");
    return { kind: "words", candidates: Object.entries(codes).map(([value, { title }]) => ({ value, text: title })) };
  },
  topic: async () => {
    const { helpTopics } = await import("../help-topics.ts");
    const { everyCommand } = await import("../find-command.ts");
    const nouns = (await everyCommand()).flatMap(({ name, isDerived }) => (isDerived === true ? (name.split(" ")[0] ?? []) : []));
    return { kind: "words", candidates: [...commands.flatMap(({ name, summary }) => (name.includes(" ") ? [] : { value: name, text: summary })), ...Object.keys(helpTopics).map((value) => ({ value })), ...[...new Set(nouns)].filter((noun) => !commands.some(({ name }) => name === noun)).map((value) => ({ value }))] };
  },
  "number or name": async (_, hint) => words((await pipelinesIn(hint)).map(({ name }) => name)),
  pipeline: async (_, hint) => (isElsewhere(hint) ? keysFrom({ noun: "pipelines", field: "name" }, hint) : words((await pipelinesIn(hint)).map(({ name }) => name))),
  pipelines: async (_, hint) => (isElsewhere(hint) ? keysFrom({ noun: "pipelines", field: "name" }, hint) : words((await pipelinesIn(hint)).map(({ name }) => name))),
  "pipeline:step": async (_, hint) => ({
    kind: "words",
    candidates: (await pipelinesIn({ ...hint, args: [] })).flatMap(({ name, steps }) =>
      steps.map(({ id, plugin }) => {
        const isAlone = steps.filter((other) => other.plugin === plugin).length === 1;
        return { value: `${name}:${isAlone ? plugin : id}`, text: { en: `step ${id}: ${plugin}`, ko: `단계 ${id}: ${plugin}` } };
      }),
    ),
  }),
};

function isElsewhere({ configs, remote }: Hint): boolean {
  return remote.url !== undefined || (configs.length === 0 && (process.env["DURE_URL"] ?? "") !== "");
}

/** Who presses Tab does not wait longer. */
const ANSWER_MS = 1000;

/** Names of what the running agent has: users, tokens, revisions. */
export async function keysFrom({ noun, field }: NonNullable<CommandSpec["keyOf"]>, { configs, remote }: Hint): Promise<Offer> {
  const { allCommands } = await import("../../all-commands.ts");
  const lister = ["list", "history", "search"].map((verb) => `${noun}.${verb}`).find((name) => allCommands.some((command) => command.name === name));
  if (lister === undefined) return words([]);
  const { anyAgentOf } = await import("../ask-agent.ts");
  const ask = await anyAgentOf({ globals: { config: configs, remote, isJson: false, verbosity: -1, color: "never" }, options: {} });
  const result = await ask(lister, {}, { signal: AbortSignal.timeout(ANSWER_MS) });
  const lists: readonly unknown[] = Array.isArray(result) ? [result] : Object.values(result ?? {});
  const items = lists.find((list): list is readonly Record<string, unknown>[] => Array.isArray(list) && list.every((item) => typeof item === "object" && item !== null)) ?? [];
  return words([...new Set(items.flatMap((item) => String(item[field] ?? item["name"] ?? item["id"] ?? "")))].filter((value) => value !== "").slice(0, CANDIDATES_MAX));
}

function words(values: readonly string[]): Offer {
  return { kind: "words", candidates: values.map((value) => ({ value })) };
}

async function pluginNames(): Promise<readonly string[]> {
  const { builtInPlugins } = await import("#plugins/all.ts");
  const { createRegistry } = await import("#kernel/registry.ts");
  const { join } = await import("node:path");
  const registry = createRegistry(builtInPlugins);
  await registry.addFolder(join(process.cwd(), "plugins"));
  return registry.names();
}

/** Files and folders below what is written so far; folders end in a slash, so that the next Tab goes on in them. */
function files(current: string, isWanted: (name: string) => boolean): Offer {
  const at = Math.max(current.lastIndexOf("/"), process.platform === "win32" ? current.lastIndexOf("\\") : -1) + 1;
  const [folder, start] = [current.slice(0, at), current.slice(at)];
  const entries = readdirSync(folder === "" ? "." : folder.replace(/^~(?=\/)/, process.env["HOME"] ?? "~"), { withFileTypes: true });
  const found = entries.filter(({ name }) => name.startsWith(start) && (start !== "" || !name.startsWith("."))).flatMap((entry) => {
    // A link may lead to either: it is offered as both would be.
    if (entry.isDirectory()) return [`${folder}${entry.name}/`];
    return isWanted(entry.name) ? [`${folder}${entry.name}`] : [];
  });
  return { kind: "files", candidates: found.sort().slice(0, CANDIDATES_MAX).map((value) => ({ value })) };
}

/** The pipelines of the config that the line names, as they are written, however much is wrong with the rest. */
async function pipelinesIn({ args, configs }: Hint): Promise<readonly PipelineOutline[]> {
  const named = configs[0] ?? args.findLast((word) => CONFIG.test(word));
  const file = named === undefined ? usualFile() : fileIn(named);
  if (file === undefined) return [];
  const { outline } = await import("#kernel/config/outline.ts");
  return outline(file, readFileSync(file, "utf8")).slice(0, CANDIDATES_MAX);
}
