// What Node tells of a machine without a proc file system.
import { cpus, freemem, loadavg, totalmem, uptime } from "node:os";
import { diskUsage } from "./disk-usage.ts";
import type { Rates } from "./rates.ts";
import { percent, recordOf } from "./record.ts";
import type { MeasuredRecord } from "./record.ts";
import type { Parts, SamplerOptions } from "./sampler.ts";

const STATES = ["user", "nice", "sys", "idle", "irq"] as const;
const FIELDS: Readonly<Record<(typeof STATES)[number], string>> = { user: "usage_user", nice: "usage_nice", sys: "usage_system", idle: "usage_idle", irq: "usage_irq" };

export function otherParts({ perCore, folder }: SamplerOptions, rates: Rates): Parts {
  const record = (name: string, times: Readonly<Record<string, number>>, cores?: number): MeasuredRecord[] => {
    const growth = STATES.map((state) => rates.growth(`cpu ${name} ${state}`, times[state]));
    const total = growth.reduce<number>((sum, value) => sum + (value ?? 0), 0);
    if (total === 0) return cores === undefined ? [] : [recordOf({ cpu: name, cores })];
    const shares = Object.fromEntries(STATES.map((state, index) => [FIELDS[state], percent(growth[index], total)]));
    return [recordOf({ cpu: name, cores, ...shares, usage_active: percent(total - (growth[3] ?? 0), total) })];
  };
  return {
    cpu() {
      const cores = cpus();
      const all = Object.fromEntries(STATES.map((state) => [state, cores.reduce((sum, { times }) => sum + times[state], 0)]));
      return [...record("all", all, cores.length), ...(perCore ? cores.flatMap(({ times }, index) => record(`cpu${index}`, times)) : [])];
    },
    memory() {
      const [total, free] = [totalmem(), freemem()];
      return [recordOf({ total, free, used: total - free, used_percent: percent(total - free, total) })];
    },
    disk: () => diskUsage([{ path: folder }]),
    load() {
      // Windows has no load; Node says zero there.
      const [load1, load5, load15] = process.platform === "win32" ? [] : loadavg();
      return [recordOf({ load1, load5, load15, uptime: Math.floor(uptime()), cores: cpus().length })];
    },
  };
}
