// One sample of the machine: records by part. On Linux from the proc and sys file systems, elsewhere from what Node knows.
import { readFileSync, readdirSync } from "node:fs";
import { hostname } from "node:os";
import { cgroupRecord } from "./cgroup.ts";
import { diskUsage } from "./disk-usage.ts";
import { STATES, parseDiskstats, parseLoadavg, parseMeminfo, parseMounts, parseNetDev, parseStat } from "./proc-text.ts";
import type { CpuTimes } from "./proc-text.ts";
import { Rates } from "./rates.ts";
import { percent, recordOf } from "./record.ts";
import type { Measured, MeasuredRecord } from "./record.ts";

export interface SamplerOptions {
  readonly parts: ReadonlySet<string>;
  readonly perCore: boolean;
  readonly proc: string;
  readonly sys: string;
  /** Measured where the system does not list its disks. */
  readonly folder: string;
}

/** The text of a file; undefined when it cannot be read. */
export type ReadText = (path: string) => string | undefined;
export type Sample = (nowMs: number) => Promise<MeasuredRecord[]>;

/** A sample calls each part that is asked for; one that finds nothing gives no record. */
export async function openSampler(options: SamplerOptions): Promise<Sample> {
  const rates = new Rates();
  const hasProc = read(`${options.proc}/stat`) !== undefined;
  const parts = hasProc ? linuxParts(options, rates) : (await import("./other-systems.ts")).otherParts(options, rates);
  const host = hostname();
  return async (nowMs) => {
    rates.begin(nowMs);
    const records: MeasuredRecord[] = [];
    for (const [part, measure] of Object.entries(parts)) {
      if (options.parts.has(part)) for (const fields of await measure()) records.push({ part, host, ...fields });
    }
    return records;
  };
}

export type Parts = Readonly<Record<string, () => readonly MeasuredRecord[] | Promise<readonly MeasuredRecord[]>>>;

function linuxParts({ perCore, proc, sys }: SamplerOptions, rates: Rates): Parts {
  const one = (fields: Measured): MeasuredRecord[] => [recordOf(fields)];
  return {
    cpu() {
      const { cpus } = parseStat(read(`${proc}/stat`) ?? "");
      const cores = cpus.length - 1;
      return cpus.filter(({ cpu }) => perCore || cpu === "all").flatMap((times) => cpuRecord(times, rates, times.cpu === "all" ? cores : undefined));
    },
    memory() {
      const text = read(`${proc}/meminfo`);
      return text === undefined ? [] : one(memoryFields(parseMeminfo(text)));
    },
    disk: () => diskUsage(parseMounts(read(`${proc}/self/mounts`) ?? read(`${proc}/mounts`) ?? "")),
    diskio: () => parseDiskstats(read(`${proc}/diskstats`) ?? "").map((disk) => recordOf(diskFields(disk, rates))),
    // Of another machine's proc, `net` would be our own network still: the first process has that of the machine.
    network: () => parseNetDev((proc === "/proc" ? undefined : read(`${proc}/1/net/dev`)) ?? read(`${proc}/net/dev`) ?? "").map(({ interface: name, counts }) => recordOf(networkFields(name, counts, rates))),
    load() {
      const load = parseLoadavg(read(`${proc}/loadavg`) ?? "");
      const uptime = Number.parseFloat(read(`${proc}/uptime`) ?? "");
      return load === undefined ? [] : one({ load1: load.load1, load5: load.load5, load15: load.load15, uptime: Math.floor(uptime), cores: parseStat(read(`${proc}/stat`) ?? "").cpus.length - 1 });
    },
    processes() {
      const { running, blocked } = parseStat(read(`${proc}/stat`) ?? "");
      return one({ total: readdirSync(proc).filter((name) => /^\d+$/.test(name)).length, running, blocked, threads: parseLoadavg(read(`${proc}/loadavg`) ?? "")?.threads });
    },
    files() {
      const [allocated, unused, max] = (read(`${proc}/sys/fs/file-nr`) ?? "").trim().split(/\s+/).map(Number);
      if (max === undefined) return [];
      const used = (allocated ?? 0) - (unused ?? 0);
      return one({ used, max, used_percent: percent(used, max) });
    },
    cgroup() {
      const record = cgroupRecord(read, proc, sys, rates);
      return record === undefined ? [] : [record];
    },
  };
}

/** Shares of the time since the sample before, in percent; without that there is only the number of cores. */
function cpuRecord({ cpu, ticks }: CpuTimes, rates: Rates, cores: number | undefined): MeasuredRecord[] {
  // A count of time may step back a little (iowait does by design): then it has not grown.
  const before = STATES.map((state, index) => {
    const ticksNow = ticks[index];
    const growth = rates.growth(`cpu ${cpu} ${state}`, ticksNow);
    return ticksNow === undefined ? undefined : (growth ?? (rates.elapsedMs === undefined ? undefined : 0));
  });
  // Time of guests is in user and nice already.
  const total = before.slice(0, 8).reduce<number>((sum, value) => sum + (value ?? 0), 0);
  if (total === 0) return cores === undefined ? [] : [recordOf({ cpu, cores })];
  const [user = 0, nice = 0, , , , , , , guest = 0, guestNice = 0] = before;
  const spent = [Math.max(0, user - guest), Math.max(0, nice - guestNice), ...before.slice(2)];
  const shares = Object.fromEntries(STATES.map((state, index) => [`usage_${state}`, percent(spent[index], total)]));
  return [recordOf({ cpu, cores, ...shares, usage_active: percent(total - (before[3] ?? 0) - (before[4] ?? 0), total) })];
}

function memoryFields(values: ReadonlyMap<string, number>): Measured {
  const [total, free, buffered, cached] = ["MemTotal", "MemFree", "Buffers", "Cached"].map((name) => values.get(name));
  // Kernels before 3.14 do not say what is available.
  const available = values.get("MemAvailable") ?? (free === undefined ? undefined : free + (buffered ?? 0) + (cached ?? 0));
  const used = total === undefined || available === undefined ? undefined : Math.max(0, total - available);
  const [swapTotal, swapFree] = [values.get("SwapTotal"), values.get("SwapFree")];
  const swapUsed = swapTotal === undefined || swapFree === undefined ? undefined : swapTotal - swapFree;
  return { total, available, used, used_percent: percent(used, total), free, buffered, cached, swap_total: swapTotal, swap_free: swapFree, swap_used: swapUsed, swap_used_percent: percent(swapUsed, swapTotal) };
}

function diskFields({ device, reads, readBytes, readMs, writes, writeBytes, writeMs, inProgress, ioMs }: ReturnType<typeof parseDiskstats>[number], rates: Rates): Measured {
  const perSecond = (name: string, value: number | undefined): number | undefined => rates.perSecond(`disk ${device} ${name}`, value);
  const busy = perSecond("io", ioMs);
  return {
    device,
    reads,
    writes,
    read_bytes: readBytes,
    write_bytes: writeBytes,
    read_time: readMs,
    write_time: writeMs,
    io_time: ioMs,
    in_progress: inProgress,
    reads_per_second: perSecond("reads", reads),
    writes_per_second: perSecond("writes", writes),
    read_bytes_per_second: perSecond("read bytes", readBytes),
    write_bytes_per_second: perSecond("write bytes", writeBytes),
    // Milliseconds a second.
    io_percent: busy === undefined ? undefined : Math.min(100, busy / 10),
  };
}

const NETWORK_FIELDS: readonly (readonly [string, number])[] = [
  ["bytes_recv", 0],
  ["packets_recv", 1],
  ["err_in", 2],
  ["drop_in", 3],
  ["bytes_sent", 8],
  ["packets_sent", 9],
  ["err_out", 10],
  ["drop_out", 11],
];

function networkFields(name: string, counts: readonly number[], rates: Rates): Measured {
  const totals = NETWORK_FIELDS.map(([field, index]) => [field, counts[index]] as const);
  return { interface: name, ...Object.fromEntries(totals), ...Object.fromEntries(totals.map(([field, value]) => [`${field}_per_second`, rates.perSecond(`net ${name} ${field}`, value)])) };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined; // Not on this system, or not for us: left out.
  }
}
