// How a worker process for rules in Python is started, and whether there are any.
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { JobsPlan } from "#kernel/config/jobs-plan.ts";
import type { WorkerProgram } from "../worker-process.ts";

const PROGRAM = fileURLToPath(new URL("./python/dure_worker.py", import.meta.url));

export function pythonWorker({ rulesDir, limits, env, python, operator }: Pick<JobsPlan, "rulesDir" | "limits" | "env" | "python" | "operator">): WorkerProgram {
  return {
    // Unbuffered, in UTF-8 whatever the locale; our folder and the user's site are not in the way of rules.
    command: [python, "-u", "-X", "utf8", PROGRAM],
    cwd: rulesDir,
    resultBytesMax: limits.resultBytesMax,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1", ...env, DURE_RULES_DIR: rulesDir, DURE_WORKER_SLOTS: String(limits.slotsMax), DURE_RESULT_BYTES_MAX: String(limits.resultBytesMax), DURE_MODULE_BASE: operator?.moduleBase ?? "itsbox.operator" },
  };
}

export function hasPythonRules(dir: string): boolean {
  try {
    return readdirSync(dir, { recursive: true, withFileTypes: true }).some((entry) => entry.isFile() && /^(?!_).*\.py$/.test(entry.name));
  } catch {
    return false;
  }
}
