// How a worker process is started.
import { fileURLToPath } from "node:url";
import type { JobsPlan } from "#kernel/config/jobs-plan.ts";
import type { WorkerProgram } from "../worker-process.ts";

const PROGRAM = fileURLToPath(new URL("./worker-start.ts", import.meta.url));

export function nodeWorker({ rulesDir, limits, env, loadTimeoutMs }: Pick<JobsPlan, "rulesDir" | "limits" | "env" | "loadTimeoutMs">): WorkerProgram {
  return {
    command: [process.execPath, PROGRAM],
    cwd: rulesDir,
    fileMs: loadTimeoutMs,
    resultBytesMax: limits.resultBytesMax,
    // What the agent's own Node was told (a debugger, say) is not meant for workers.
    env: { ...process.env, NODE_OPTIONS: "", ...env, DURE_AGENT_PID: String(process.pid), DURE_RULES_DIR: rulesDir, DURE_RESULT_BYTES_MAX: String(limits.resultBytesMax) },
  };
}
