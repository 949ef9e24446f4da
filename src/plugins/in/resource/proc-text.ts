// The texts of Linux's proc file system as numbers. Kernels add columns and lines over the years, and old ones lack some: what is not
// there is undefined, what is not understood is passed over.

export interface CpuTimes {
  /** "all", "cpu0", "cpu1", … */
  readonly cpu: string;
  /** Ticks, in the order of STATES. */
  readonly ticks: readonly number[];
}

export const STATES = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guest_nice"] as const;

/** /proc/stat */
export function parseStat(text: string): { readonly cpus: readonly CpuTimes[]; readonly running: number | undefined; readonly blocked: number | undefined } {
  const cpus: CpuTimes[] = [];
  const counts = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [name = "", ...rest] = line.trim().split(/\s+/);
    const numbers = rest.map(Number);
    if (/^cpu\d*$/.test(name) && numbers.length >= 4 && numbers.every(Number.isFinite)) cpus.push({ cpu: name === "cpu" ? "all" : name, ticks: numbers.slice(0, STATES.length) });
    else if (name.startsWith("procs_") && Number.isFinite(numbers[0])) counts.set(name, numbers[0] ?? 0);
  }
  return { cpus, running: counts.get("procs_running"), blocked: counts.get("procs_blocked") };
}

/** /proc/meminfo, in bytes. */
export function parseMeminfo(text: string): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const [, name = "", number, unit] of text.matchAll(/^([\w()]+):\s+(\d+)(?: (kB))?\s*$/gm)) values.set(name, Number(number) * (unit === undefined ? 1 : 1024));
  return values;
}

export interface DiskCounters {
  readonly device: string;
  readonly reads: number | undefined;
  readonly readBytes: number | undefined;
  readonly readMs?: number | undefined;
  readonly writes: number | undefined;
  readonly writeBytes: number | undefined;
  readonly writeMs?: number | undefined;
  readonly inProgress?: number | undefined;
  readonly ioMs?: number | undefined;
}

const SECTOR_BYTES = 512;

/** /proc/diskstats without memory and loop devices, and without drives that nothing is in. */
export function parseDiskstats(text: string): DiskCounters[] {
  return text.split("\n").flatMap((line): DiskCounters[] => {
    const [, , device = "", ...rest] = line.trim().split(/\s+/);
    const n = rest.map(Number);
    if (device === "" || /^(?:ram|loop)\d/.test(device) || n.length < 4 || !n.every(Number.isFinite) || n.every((value) => value === 0)) return [];
    const bytes = (sectors: number | undefined): number | undefined => (sectors === undefined ? undefined : sectors * SECTOR_BYTES);
    // Partitions had four columns in kernels before 2.6.25.
    if (n.length < 11) return [{ device, reads: n[0], readBytes: bytes(n[1]), writes: n[2], writeBytes: bytes(n[3]) }];
    return [{ device, reads: n[0], readBytes: bytes(n[2]), readMs: n[3], writes: n[4], writeBytes: bytes(n[6]), writeMs: n[7], inProgress: n[8], ioMs: n[9] }];
  });
}

export interface NetworkCounters {
  readonly interface: string;
  /** In the file's order: bytes, packets, errs, drop, fifo, frame, compressed, multicast; then the same sent. */
  readonly counts: readonly number[];
}

/** /proc/net/dev; a name may hold colons (`eth0:1`), and the number behind it may touch it. */
export function parseNetDev(text: string): NetworkCounters[] {
  return text.split("\n").flatMap((line): NetworkCounters[] => {
    const match = /^\s*(\S+):\s*((?:\d+\s*){16,})$/.exec(line);
    return match === null ? [] : [{ interface: match[1] ?? "", counts: (match[2] ?? "").trim().split(/\s+/).map(Number) }];
  });
}

/** /proc/loadavg */
export function parseLoadavg(text: string): { readonly load1: number; readonly load5: number; readonly load15: number; readonly threads: number | undefined } | undefined {
  const match = /^([\d.]+) ([\d.]+) ([\d.]+)(?: \d+\/(\d+))?/.exec(text);
  if (match === null) return undefined;
  return { load1: Number(match[1]), load5: Number(match[2]), load15: Number(match[3]), threads: match[4] === undefined ? undefined : Number(match[4]) };
}

export interface Mount {
  readonly device: string;
  readonly path: string;
  readonly type: string;
}

/** File systems that hold no data of their own, and those behind a network: asking after one whose server is gone would never return. */
const NOT_MEASURED =
  /^(?:autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|efivarfs|fuse\..*|fusectl|hugetlbfs|iso9660|mqueue|nsfs|proc|pstore|ramfs|rpc_pipefs|securityfs|selinuxfs|squashfs|sysfs|tmpfs|tracefs|9p|afs|ceph|cifs|glusterfs|lustre|nfs4?|smb3?|smbfs)$/;

/** /proc/mounts: each device once, by the place it was mounted at first. */
export function parseMounts(text: string): Mount[] {
  const mounts = new Map<string, Mount>();
  for (const line of text.split("\n")) {
    const [device = "", path = "", type = ""] = line.split(" ").map(unescaped);
    if (type !== "" && !NOT_MEASURED.test(type) && !mounts.has(device)) mounts.set(device, { device, path, type });
  }
  return [...mounts.values()];
}

/** Spaces in paths are written `\040`. */
function unescaped(word: string): string {
  return word.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
