// How a worker process for rules in Python is started, and whether there are any.
import { readdirSync } from "node:fs";
import type { Dirent } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ChildEnd } from "#base/child/child-tree.ts";
import type { JobsPlan } from "#kernel/config/jobs-plan.ts";
import { RULE_FOLDERS_DEPTH_MAX, isLeftOut } from "#kernel/rule-folders.ts";
import type { WorkerProgram } from "../worker-process.ts";

const PROGRAM = fileURLToPath(new URL("./python/dure_worker.py", import.meta.url));

export function pythonWorker({ rulesDir, limits, env, python, operator, loadTimeoutMs }: Pick<JobsPlan, "rulesDir" | "limits" | "env" | "python" | "operator" | "loadTimeoutMs">): WorkerProgram {
  return {
    // Unbuffered, in UTF-8 whatever the locale; our folder and the user's site are not in the way of rules.
    command: [python, "-u", "-X", "utf8", PROGRAM],
    cwd: rulesDir,
    fileMs: loadTimeoutMs,
    resultBytesMax: limits.resultBytesMax,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1", ...env, DURE_RULES_DIR: rulesDir, DURE_WORKER_SLOTS: String(limits.slotsMax), DURE_RESULT_BYTES_MAX: String(limits.resultBytesMax), DURE_MODULE_BASE: operator?.moduleBase ?? "itsbox.operator" },
  };
}

export function hasPythonRules(dir: string): boolean {
  return pythonRules(dir).next().done !== true;
}

/** Why none of them can be called. */
export function withoutPython(command: string, { error, signal, code }: ChildEnd): string {
  const why = error?.message ?? (signal === null ? `it ended with exit code ${code}` : `it was ended by ${signal}`);
  return `${command}, which runs rules in Python, did not start (${why}): install it, or say with \`jobs: python\` where it is`;
}

/** Their files, relative to the folder. */
export function* pythonRules(dir: string, below = ""): Iterator<string> & Iterable<string> {
  for (const entry of entriesOf(join(dir, below))) {
    if (isLeftOut(entry.name)) continue;
    const path = `${below}${entry.name}`;
    if (!entry.isDirectory() && entry.name.endsWith(".py")) yield path;
    else if (entry.isDirectory() && below.split("/").length <= RULE_FOLDERS_DEPTH_MAX) yield* pythonRules(dir, `${path}/`);
  }
}

function entriesOf(dir: string): Dirent[] {
  try {
    return readdirSync(dir, { withFileTypes: true });
  } catch {
    return [];
  }
}
