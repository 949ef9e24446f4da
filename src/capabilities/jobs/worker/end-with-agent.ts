// The agent was killed: its queue gives what runs here to somebody else, so nothing of it may go on. A worker leads a process group of its own, and takes it along; programs
// that run as rules lead theirs.
import { endPrograms } from "./program-run.ts";

export function endWithAgent(): void {
  endPrograms();
  try {
    if (process.platform !== "win32") process.kill(-process.pid, "SIGKILL");
  } catch {
    // It leads no group: whoever started it did so in his own way.
  }
  process.exit(1);
}
