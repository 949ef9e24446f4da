// The control group this process runs in: what a container may use, and what it does. Versions 1 and 2. A limit that holds may stand
// with any group above our own: the least counts.
import { posix } from "node:path";
import type { ReadText } from "./sampler.ts";
import { percent, recordOf } from "./record.ts";
import type { MeasuredRecord } from "./record.ts";
import type { Rates } from "./rates.ts";

interface Found {
  readonly version: 1 | 2;
  /** Folders from our own group up to the topmost that can be seen. */
  readonly memory: readonly string[];
  readonly cpu: readonly string[];
  readonly cpuAccount: readonly string[];
  readonly pids: readonly string[];
}

/** Version 1 writes "no limit" as a number close to 2^63. */
const LIMIT_MOST = 2 ** 60;

export function cgroupRecord(read: ReadText, proc: string, sys: string, rates: Rates): MeasuredRecord | undefined {
  const found = findGroup(read, proc, sys);
  if (found === undefined) return undefined;
  const number = (folder: string | undefined, file: string): number | undefined => (folder === undefined ? undefined : numberOf(read(`${folder}/${file}`)));
  const value = (folder: string | undefined, file: string, name: string): number | undefined => (folder === undefined ? undefined : statValue(read(`${folder}/${file}`), name));
  const is2 = found.version === 2;
  const memory = found.memory[0];
  const usage = number(memory, is2 ? "memory.current" : "memory.usage_in_bytes");
  const inactive = value(memory, "memory.stat", is2 ? "inactive_file" : "total_inactive_file");
  const limit = least(found.memory.map((folder) => number(folder, is2 ? "memory.max" : "memory.limit_in_bytes")));
  const cpuLimit = least(found.cpu.map((folder) => (is2 ? quotaOf(read(`${folder}/cpu.max`)) : quotaOf(`${read(`${folder}/cpu.cfs_quota_us`)?.trim()} ${read(`${folder}/cpu.cfs_period_us`)}`))));
  const usedNs = is2 ? times(value(found.cpu[0], "cpu.stat", "usage_usec"), 1000) : number(found.cpuAccount[0], "cpuacct.usage");
  const throttledMs = is2 ? times(value(found.cpu[0], "cpu.stat", "throttled_usec"), 1e-3) : times(value(found.cpu[0], "cpu.stat", "throttled_time"), 1e-6);
  const perSecond = rates.perSecond("cgroup used", usedNs);
  const workingSet = usage === undefined ? undefined : Math.max(0, usage - (inactive ?? 0));
  return recordOf({
    version: found.version,
    memory_usage: usage,
    memory_working_set: workingSet,
    memory_limit: limit,
    memory_used_percent: percent(workingSet, limit),
    cpu_limit: cpuLimit,
    // 100 is one core.
    cpu_usage_percent: times(perSecond, 1e-7),
    cpu_used_percent: percent(times(perSecond, 1e-9), cpuLimit),
    throttled_periods: value(found.cpu[0], "cpu.stat", "nr_throttled"),
    throttled_time: throttledMs,
    pids: number(found.pids[0], "pids.current"),
    pids_limit: least(found.pids.map((folder) => number(folder, "pids.max"))),
  });
}

function findGroup(read: ReadText, proc: string, sys: string): Found | undefined {
  const groups = new Map<string, string>();
  for (const line of (read(`${proc}/self/cgroup`) ?? "").split("\n")) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path !== undefined) for (const controller of (controllers ?? "").split(",")) groups.set(controller, path);
  }
  const root = `${sys}/fs/cgroup`;
  // On a machine with both versions the controllers are those of version 1.
  const isOld = groups.has("memory") || groups.has("cpu");
  const folders = (controller: string, mark: string): string[] => {
    const path = groups.get(controller);
    return path === undefined ? [] : upwards(read, `${root}/${controller}`, path, mark);
  };
  if (isOld) return { version: 1, memory: folders("memory", "memory.usage_in_bytes"), cpu: folders("cpu", "cpu.stat"), cpuAccount: folders("cpuacct", "cpuacct.usage"), pids: folders("pids", "pids.current") };
  const path = groups.get("");
  if (path === undefined || read(`${root}/cgroup.controllers`) === undefined) return undefined;
  const own = upwards(read, root, path, "cgroup.controllers");
  return { version: 2, memory: own, cpu: own, cpuAccount: own, pids: own };
}

/** A container may see only its own group, at the root, though the path it reads is the host's. */
function upwards(read: ReadText, root: string, path: string, mark: string): string[] {
  const folders: string[] = [];
  for (let at = posix.normalize(path); ; at = posix.dirname(at)) {
    const folder = at === "/" ? root : root + at;
    if (read(`${folder}/${mark}`) !== undefined) folders.push(folder);
    if (at === "/") return folders;
  }
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+\s*$/.test(text) ? Number(text) : undefined;
}

function statValue(text: string | undefined, name: string): number | undefined {
  return numberOf(text?.split("\n").find((line) => line.startsWith(`${name} `))?.slice(name.length + 1));
}

/** "200000 100000" is two cores; "max 100000" and "-1 100000" are no limit. */
function quotaOf(text: string | undefined): number | undefined {
  const [, quota, period] = /^(\d+) (\d+)\s*$/.exec(text ?? "") ?? [];
  return quota === undefined || Number(period) === 0 ? undefined : Number(quota) / Number(period);
}

function least(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined && value < LIMIT_MOST) as number[];
  return known.length === 0 ? undefined : Math.min(...known);
}

function times(value: number | undefined, factor: number): number | undefined {
  return value === undefined ? undefined : value * factor;
}
