// Tells one process from another that got its id later: an id alone says nothing once the machine has used it again.
// What differs between systems sits here: where a process's start is read from.
import { readFileSync } from "node:fs";
import { isAlive } from "./alive.ts";

/**
 * Something that changes when an id is given to another process (also across a restart of the machine), or undefined when no
 * process has that id. `unknown` when one has, but this system would not say more about it.
 */
export function processStart(pid: number, platform: NodeJS.Platform = process.platform): string | undefined {
  if (!isAlive(pid)) return undefined;
  try {
    switch (platform) {
      case "linux":
        return linuxStart(pid);
      case "win32":
        return command("powershell.exe", ["-NoProfile", "-NonInteractive", "-Command", `(Get-Process -Id ${pid}).StartTime.ToFileTimeUtc()`]);
      default:
        return command("ps", ["-o", "lstart=", "-p", String(pid)]);
    }
  } catch {
    return isAlive(pid) ? "unknown" : undefined;
  }
}

function linuxStart(pid: number): string | undefined {
  // Behind the name, which is in brackets and may hold anything: state is the first field, the start in clock ticks the twentieth.
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return undefined; // Ended, only not yet collected by its parent.
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return `${boot}/${fields[19]}`;
}

function command(program: string, args: readonly string[]): string {
  const { execFileSync } = process.getBuiltinModule("node:child_process"); // Loaded where it is needed: it takes as long as a small config's check.
  return execFileSync(program, args, { encoding: "utf8", timeout: 10_000, stdio: ["ignore", "pipe", "ignore"], windowsHide: true, env: { ...process.env, LC_ALL: "C" } }).trim();
}
