// Plugins for tests of the config: options of every kind, nothing behind them.
import type { Text } from "#base/lang.ts";
import { duration, size } from "#sdk/options.ts";
import { defineBuffer, defineFilter, defineGatheringFilter, defineInput, defineOutput, defineParse, defineThrough, z } from "#sdk/plugin.ts";
import { defineProcessType } from "#sdk/process-type.ts";
import { createRegistry } from "../registry.ts";
import type { PluginTable, Registry } from "../registry.ts";
import { checkConfig } from "./check.ts";
import type { ProcessesPlan } from "./process-plan.ts";
import { processSettingsOptions, settingsPlan } from "./process-settings.ts";
import type { Checked, CheckRequest } from "./check.ts";

const summary: Text = { en: "For tests.", ko: "시험용." };
const open = async (): Promise<never> => {
  throw new Error("nothing is opened in these tests");
};
/** Checks of `ip: pair` that wait for each other: only two that run side by side ever end. */
const pair: (() => void)[] = [];
const described = (en: string, ko: string) => ({ description: en, ko });

export const fixtureTable = {
  "in.FileTail": {
    load: async () =>
      defineInput({
        name: "FileTail",
        summary,
        open,
        shorthand: "path",
        options: z.strictObject({
          path: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).meta(described("Files to follow.", "따라 읽을 파일.")),
          pos_dir: z.string().optional(),
          encoding: z.enum(["utf-8", "cp949", "euc-kr"]).default("utf-8"),
          poll_every: duration().prefault("1s"),
        }),
      }),
  },
  "in.Talk": {
    load: async () => defineInput({ name: "Talk", summary, open, shorthand: "process", options: z.strictObject({ process: z.string().min(1).meta({ names: "process" }) }) }),
  },
  "in.FakeData": {
    load: async () =>
      defineInput({
        name: "FakeData",
        summary,
        open,
        options: z.strictObject({ type: z.enum(["people", "web"]).default("people"), count: z.int().min(1).max(1000).optional() }),
      }),
  },
  "parse.Regex": {
    load: async () => defineParse({ name: "Regex", summary, open, shorthand: "pattern", options: z.strictObject({ pattern: z.string().regex(/^.*\(.*$/) }) }),
  },
  "filter.Aggregate": {
    load: async () => defineGatheringFilter({ name: "Aggregate", summary, open, options: z.strictObject({}) }),
  },
  "filter.Where": {
    load: async () => defineFilter({ name: "Where", summary, open, shorthand: "expression", options: z.strictObject({ expression: z.string().min(1) }) }),
  },
  "buffer.Time": {
    aliases: ["out.TimedBuffer"],
    load: async () => defineBuffer({ name: "Time", summary, open, aliases: ["out.TimedBuffer"], options: z.strictObject({ minutes: z.number().optional() }) }),
  },
  "buffer.Lines": {
    aliases: ["out.LinedBuffer"],
    load: async () => defineBuffer({ name: "Lines", summary, open, aliases: ["out.LinedBuffer"], options: z.strictObject({ lines: z.int().min(1) }) }),
  },
  "in.Resource": { load: async () => defineInput({ name: "Resource", summary, open, options: z.looseObject({ interval: duration() }) }) },
  "in.ResultLogs": { load: async () => defineInput({ name: "ResultLogs", summary, open, options: z.looseObject({ path: z.string() }) }) },
  "out.Http": { load: async () => defineOutput({ name: "Http", summary, open, options: z.looseObject({ url: z.string() }) }) },
  "out.Stdout": {
    load: async () => defineOutput({ name: "Stdout", summary, open, options: z.strictObject({ format: z.enum(["json", "text", "tsv"]).default("json") }) }),
  },
  "out.File": {
    load: async () =>
      defineOutput({
        name: "File",
        summary,
        open,
        options: z.strictObject({ path: z.string().min(1), rotate_size: size().optional(), compress: z.boolean().default(false) }),
      }),
  },
  "out.Fluentd": {
    load: async () =>
      defineOutput({
        name: "Fluentd",
        summary,
        open,
        options: z.strictObject({
          ip: z.string(),
          port: z.int().min(1).max(65_535).default(24_224),
          password: z.string().optional(),
          tls: z.strictObject({ verify: z.boolean().default(true) }).optional(),
        }),
        async checkEnvironment({ ip }, { signal }) {
          if (ip === "slow") await new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
          if (ip === "pair") await new Promise<void>((resolve) => void (pair.push(resolve) === 2 && pair.splice(0).forEach((meet) => meet())));
          if (ip === "throws") throw Object.assign(new Error("secret inside"), { code: "EPIPE" });
          if (ip === "named") return [{ en: "out.Fluentd has no connection", ko: "out.Fluentd: 연결할 수 없습니다" }];
          return ip === "down" ? [{ en: "no connection", ko: "연결할 수 없습니다" }] : [];
        },
      }),
  },
  "out.Exec": { load: async () => defineThrough({ name: "Exec", summary, open, options: z.strictObject({ cmd: z.string().min(1) }) }) },
} satisfies PluginTable;

/** What a config without any says of processes. */
export function noProcesses(dir = "/nowhere"): ProcessesPlan {
  return { processes: [], flows: [], readers: [], groups: [], schedules: [], settings: settingsPlan(processSettingsOptions.parse({}), dir, dir) };
}

const fixtureTypes = {
  talend: async () => defineProcessType({ name: "talend", summary, options: z.strictObject({ context: z.string().optional(), context_params: z.record(z.string(), z.union([z.string(), z.number()])).default({}) }), prepare: open }),
};

export function fixtureRegistry(): Registry {
  return createRegistry(fixtureTable, fixtureTypes);
}

/** Checks a text as `dure.yml` of a folder that need not exist. */
export async function check(text: string, more: Partial<CheckRequest> = {}): Promise<Checked> {
  return checkConfig({ file: "conf/dure.yml", text, registry: fixtureRegistry(), env: {}, ...more });
}

/** `DURE101 2:5` of each problem; warnings end in a "w". */
export function marks({ problems }: Checked): string[] {
  return problems.map(({ code, place, severity }) => `${code} ${place.line}:${place.column}${severity === "warning" ? " w" : ""}`);
}
