// The processes of macOS and the BSDs, as `ps` tells them. It shows the environment of our own programs behind their command.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { ProcessEntry } from "./process-table.ts";

const COLUMNS = "pid=,ppid=,pgid=,stat=,rss=,time=,lstart=,command=";
const OUTPUT_BYTES_MAX = 64 << 20;

export async function listProcesses(): Promise<ProcessEntry[]> {
  const showEnvironment = process.platform === "darwin" ? "-E" : "-e";
  const { stdout } = await promisify(execFile)("ps", ["-ax", "-ww", showEnvironment, "-o", COLUMNS], {
    encoding: "utf8",
    timeout: 30_000,
    maxBuffer: OUTPUT_BYTES_MAX,
    env: { ...process.env, LC_ALL: "C" },
  });
  return processesOf(stdout);
}

/** Exported for its test. */
export function processesOf(printed: string): ProcessEntry[] {
  return printed.split("\n").flatMap((line) => {
    // The start has five words: Mon Nov 23 03:27:00 2026.
    const [, pid, parent, group, state = "", kilobytes, time = "", start = "", command = ""] =
      /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s*(.*)$/.exec(line) ?? [];
    if (pid === undefined || state.startsWith("Z")) return []; // Z has ended, only not yet collected by its parent.
    return {
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      start: start.replaceAll(/\s+/g, " "),
      mark: /(?:^|\s)DURE_TREE=(\S+)/.exec(command)?.[1],
      cpuSeconds: secondsOf(time),
      residentBytes: Number(kilobytes) * 1024,
    };
  });
}

/** [days-][hours:]minutes:seconds[.hundredths] */
function secondsOf(time: string): number {
  const [days, clock] = time.includes("-") ? (time.split("-", 2) as [string, string]) : ["0", time];
  return clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0) + Number(days) * 86_400;
}
