// Fills Node's compile cache with the program's modules, so that no thread of the agent has to load the TypeScript stripper.
// Files changed later are cached by the first run that meets them; this only saves that run the work.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { importsOf } from "../check-layers.mjs";
import { buildDir, childEnvironment, launcherFlags, ourNode, root, run } from "../project.mjs";
import { fingerprintOf, isStamped, stamp } from "./fingerprint.mjs";

const src = join(root, "src");
const main = join(src, "main.ts");
const stampFile = join(buildDir, "warm.stamp");
const TIME_MAX_MS = 20_000;

export function warmCompileCache() {
  const modules = programModules();
  const fingerprint = fingerprintOf(modules, root, launcherFlags); // The cache is by absolute path: a moved checkout is cold.
  return isStamped(stampFile, fingerprint) ? undefined : () => warm(modules, fingerprint);
}

/** What main.ts may come to load, and nothing else: tests and their helpers act when they are imported. */
function programModules() {
  const found = new Set([main]);
  for (const file of found) {
    for (const { specifier } of importsOf(readFileSync(file, "utf8"))) {
      const target = specifier.startsWith("#") ? join(src, specifier.slice(1)) : specifier.startsWith(".") ? resolve(dirname(file), specifier) : undefined;
      if (target?.endsWith(".ts") && existsSync(target)) found.add(target);
    }
  }
  return [...found].sort();
}

async function warm(modules, fingerprint) {
  // Importing a module of the program does nothing, but for main.ts, which acts on its arguments: `version`, then.
  // One that is only meant for a worker thread may refuse to load here: it has been compiled, which is what counts.
  const program = `for (const module of process.argv.slice(1)) await import(require("node:url").pathToFileURL(module)).catch(() => {});`;
  const options = { capture: true, env: childEnvironment(), timeout: TIME_MAX_MS, killSignal: "SIGKILL" };
  const others = modules.filter((file) => file !== main);
  for (const flags of launcherFlags) {
    await run(ourNode(), [...flags, "--input-type=commonjs", "--eval", `(async () => { ${program} process.exit(0); })()`, "--", ...others], options);
    await run(ourNode(), [...flags, main, "version"], options);
  }
  stamp(stampFile, fingerprint); // Even when some module failed: the cache is a help, not a need.
}
