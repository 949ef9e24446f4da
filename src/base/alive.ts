// Whether a process is there.
import { systemCode } from "./errors.ts";

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM"; // Somebody else's, but alive.
  }
}
