// The processes of Windows, as PowerShell tells them. There are no groups and no look at another's environment: a tree is who was started by whom.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { ProcessEntry } from "./process-table.ts";

const SCRIPT =
  "Get-CimInstance Win32_Process | ForEach-Object { '{0} {1} {2} {3} {4}' -f $_.ProcessId, $_.ParentProcessId, $(if ($_.CreationDate) { $_.CreationDate.ToFileTimeUtc() } else { 0 }), $_.WorkingSetSize, ($_.KernelModeTime + $_.UserModeTime) }";
const OUTPUT_BYTES_MAX = 16 << 20;
/** Times are counted in steps of 100 nanoseconds. */
const STEPS_PER_SECOND = 10_000_000;

export async function listProcesses(): Promise<ProcessEntry[]> {
  const { stdout } = await promisify(execFile)("powershell.exe", ["-NoProfile", "-NonInteractive", "-Command", SCRIPT], {
    encoding: "latin1",
    timeout: 60_000,
    maxBuffer: OUTPUT_BYTES_MAX,
    windowsHide: true,
  });
  return processesOf(stdout);
}

/** Exported for its test. A process whose parent is younger than itself was started by an earlier owner of that number: it has no parent. */
export function processesOf(printed: string): ProcessEntry[] {
  const rows = printed.split(/\r?\n/).flatMap((line) => {
    const [, pid, parent, start = "", bytes, steps] = /^(\d+) (\d+) (\d+) (\d+) (\d+)$/.exec(line.trim()) ?? [];
    return pid === undefined ? [] : { pid: Number(pid), parent: Number(parent), start, residentBytes: Number(bytes), cpuSeconds: Number(steps) / STEPS_PER_SECOND };
  });
  const startOf = new Map(rows.map(({ pid, start }) => [pid, BigInt(start)]));
  return rows.map((row) => {
    const parentStart = startOf.get(row.parent);
    const isParentYounger = parentStart !== undefined && BigInt(row.start) < parentStart;
    return { ...row, parent: isParentYounger ? 0 : row.parent, group: 0, mark: undefined };
  });
}
