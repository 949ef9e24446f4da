// The agent was killed, and the loop that would see its line closed stands still in a rule: a thread of its own looks whether the agent is there, and ends this process with all it
// started. It runs a few words of JavaScript in a loop of its own and costs the rules nothing but its memory.
import { Worker } from "node:worker_threads";

/** Whether it is somebody else's child by now; Windows leaves it its parent's number, and says whether there is such a process. */
const WATCH = `
const { parentPort, workerData: agentPid } = require("node:worker_threads");
const isWindows = process.platform === "win32";
const groups = new Map();
parentPort.on("message", ({ name, pid }) => (pid === 0 ? groups.delete(name) : groups.set(name, pid)));
const isThere = () => {
  if (process.ppid !== agentPid) return false;
  if (!isWindows) return true;
  try { process.kill(agentPid, 0); return true; } catch (error) { return error.code === "EPERM"; }
};
const end = (pid) => { try { process.kill(isWindows ? pid : -pid, "SIGKILL"); } catch { /* It has ended. */ } };
setInterval(() => {
  if (isThere()) return;
  for (const pid of groups.values()) end(pid);
  end(process.pid);
  process.kill(process.pid, "SIGKILL"); // It leads no group.
}, 500);
`;

let thread: Worker | undefined;

/** From here on. The number of the agent comes with the environment: it may be gone already. */
export function watchAgent(agentPid: number): void {
  thread = new Worker(WATCH, { eval: true, workerData: agentPid, resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1, stackSizeMb: 1 } });
  thread.on("error", () => {}); // Then the loop is all there is, as it was before.
  thread.unref();
}

/** A process with a group of its own that is to end with us, under a name; 0: it has ended. */
export function endsWithUs(name: string, pid: number): void {
  thread?.postMessage({ name, pid });
}
