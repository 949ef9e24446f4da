// Whatever a bench begins ends with it: when it fails, and when somebody breaks it off. All it starts descends from it, and all its files are in one folder.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { descendants } from "./tree.ts";

/** Folders that are made from now on lie in one of the bench's own, which goes with it. */
export function leaveNothing(): void {
  const dir = mkdtempSync(join(tmpdir(), "dure-bench-"));
  chmodSync(dir, 0o711); // PostgreSQL is another user.
  process.env["TMPDIR"] = dir;
  process.once("exit", () => {
    endDescendants();
    rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  });
  for (const [signal, number] of [["SIGINT", 2], ["SIGTERM", 15], ["SIGHUP", 1]] as const) process.once(signal, () => process.exit(128 + number));
}

/** What a contender left that failed. Those that come while it looks are found by looking again. */
export function endDescendants(): void {
  for (let looks = 0; looks < 10; looks += 1) {
    const left = [...descendants([process.pid])].filter((pid) => pid !== process.pid);
    if (left.length === 0) return;
    // Stopped first, so that none of them begins another, or gives its children away by ending before them.
    for (const signal of ["SIGSTOP", "SIGKILL"] as const)
      for (const pid of left) {
        try {
          process.kill(pid, signal);
        } catch {
          // It has ended meanwhile.
        }
      }
  }
}
