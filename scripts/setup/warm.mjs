// Fills Node's compile cache with the program's modules, so that no thread of the agent has to load the TypeScript stripper.
// Files changed later are cached by the first run that meets them; this only saves that run the work.
import { join } from "node:path";
import { buildDir, childEnvironment, launcherFlags, ourNode, root, run } from "../project.mjs";
import { fingerprintOf, isStamped, stamp } from "./fingerprint.mjs";
import { main, programModules } from "./program.mjs";

const preparer = join(root, "scripts", "prepare-program.mjs");
const leanImports = join(root, "src", "kernel", "lean-imports.ts");
const stampFile = join(buildDir, "warm.stamp");
const TIME_MAX_MS = 20_000;

export function warmCompileCache() {
  const modules = programModules();
  const fingerprint = fingerprintOf([preparer, ...modules], root, launcherFlags); // The cache is by absolute path: a moved checkout is cold.
  return isStamped(stampFile, fingerprint) ? undefined : () => warm(modules, fingerprint);
}

async function warm(modules, fingerprint) {
  // Importing a module of the program does nothing, but for main.ts, which acts on its arguments: `version`, then.
  // One that is only meant for a worker thread may refuse to load here: it has been compiled, which is what counts.
  const program = `const [lean, ...modules] = process.argv.slice(1).map((file) => require("node:url").pathToFileURL(file).href);
    (await import(lean)).importQuickly();
    for (const module of modules) await import(module).catch(() => {});`;
  const options = { capture: true, env: childEnvironment(), timeout: TIME_MAX_MS, killSignal: "SIGKILL" };
  const others = modules.filter((file) => file !== main);
  for (const flags of launcherFlags) {
    await run(ourNode(), [...flags, "--input-type=commonjs", "--eval", `(async () => { ${program} process.exit(0); })()`, "--", leanImports, ...others], options);
    await run(ourNode(), [...flags, main, "version"], options);
  }
  stamp(stampFile, fingerprint); // Even when some module failed: the cache is a help, not a need.
}
