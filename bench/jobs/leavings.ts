// Whatever a bench begins ends with it: when it fails, when somebody breaks it off, and when it is killed. All it starts descends from it, and all its files are in one folder.
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { descendants } from "./tree.ts";

/** Ends what knows the bench's folder, by its environment, its command or where it stands, as soon as nobody holds the other end of its standard input. */
const GUARD = `
while read -r _; do :; done
for round in 1 2 3 4 5; do
  found=
  for process in /proc/[0-9]*; do
    [ "$process" = "/proc/$$" ] && continue
    case "$(readlink "$process/cwd" 2>/dev/null)" in "$1"*) here=1 ;; *) here= ;; esac
    if [ -n "$here" ] || grep -qsF -- "$1" "$process/environ" "$process/cmdline"; then kill -9 "\${process#/proc/}" 2>/dev/null && found=1; fi
  done
  [ -z "$found" ] && break
  sleep 0.2
done
rm -rf -- "$1"
`;
let guardPid: number | undefined;

/** Folders that are made from now on lie in one of the bench's own, which goes with it. */
export function leaveNothing(): void {
  const dir = mkdtempSync(join(tmpdir(), "dure-bench-"));
  chmodSync(dir, 0o711); // PostgreSQL is another user.
  process.env["TMPDIR"] = dir;
  guardPid = startGuard(dir);
  process.once("exit", () => {
    endDescendants();
    rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  });
  for (const [signal, number] of [["SIGINT", 2], ["SIGTERM", 15], ["SIGHUP", 1]] as const) process.once(signal, () => process.exit(128 + number));
}

/** A session of its own: who breaks off the bench at a terminal does not end it. */
function startGuard(dir: string): number | undefined {
  const guard = spawn("sh", ["-c", GUARD, "guard", dir], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  guard.unref();
  (guard.stdin as unknown as { unref(): void }).unref();
  return guard.pid;
}

/** What a contender left that failed. Those that come while it looks are found by looking again. */
export function endDescendants(): void {
  for (let looks = 0; looks < 10; looks += 1) {
    const left = [...descendants([process.pid])].filter((pid) => pid !== process.pid && pid !== guardPid);
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
