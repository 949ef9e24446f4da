// A process that only checks a config and prints its plan, for `plan-apart.ts`. What is wrong is said on stderr, which is the caller's.
import { setLang } from "#base/lang.ts";
import { importQuickly } from "#kernel/lean-imports.ts";
import { explained } from "./failure.ts";
import type { PlanRequest } from "./plan-apart.ts";
import { createTerminal } from "./terminal.ts";

const { globals, argument, lang, isForLog = false } = JSON.parse(process.argv[2] ?? "{}") as PlanRequest;
setLang(lang);
process.stdout.on("error", () => process.exit()); // Whoever asked is gone.
importQuickly();
const { planOf, planOrProblemsOf } = await import("./config-file.ts"); // Only now: what it imports is what the hook is about.
const terminal = createTerminal(globals.color);
try {
  process.stdout.write(JSON.stringify(isForLog ? await planOrProblemsOf(argument) : await planOf({ globals, terminal }, argument)));
} catch (thrown) {
  const known = explained(thrown);
  process.stdout.write(JSON.stringify(known));
  process.exitCode = known.code;
}
