// Ends a child process with all it started. The child must lead a process group of its own (`detached: true`) where there are groups.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";

/** Options of `spawn` without which `endTree` cannot do its work. */
export const OWN_GROUP = { detached: process.platform !== "win32", windowsHide: true } as const;

/** Ends the child and all it started, but for what has left its group. Ending what has ended is harmless. */
export function endTree(child: ChildProcess): void {
  if (child.pid === undefined) return;
  if (process.platform === "win32") {
    spawn("taskkill", ["/pid", String(child.pid), "/T", "/F"], { stdio: "ignore", windowsHide: true });
    return;
  }
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // The whole group has ended already.
  }
}
