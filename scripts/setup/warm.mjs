// Fills Node's compile cache with our modules, so that no thread of the agent has to load the TypeScript stripper.
// Files changed later are cached by the first run that meets them; this only saves that run the work.
import { join } from "node:path";
import { buildDir, childEnvironment, ourNode, root, run } from "../project.mjs";
import { filesBelow, fingerprintOf, isStamped, stamp } from "./fingerprint.mjs";

const stampFile = join(buildDir, "warm.stamp");

export function warmCompileCache() {
  const modules = filesBelow([join(root, "src")]).filter((file) => file.endsWith(".ts") && !file.includes("assembly") && !/(\.test|\/testing)\.ts$/.test(file));
  const fingerprint = fingerprintOf(modules, root); // The cache is by absolute path: a moved checkout is cold.
  return isStamped(stampFile, fingerprint) ? undefined : () => warm(modules, fingerprint);
}

async function warm(modules, fingerprint) {
  // Importing a module of ours does nothing, but for main.ts, which acts on its arguments: `version`, then.
  // A module that is only meant for a worker thread may refuse to load here: it has been compiled, which is what counts.
  const program = `for (const module of process.argv.slice(2)) await import(require("node:url").pathToFileURL(module)).catch(() => {});`;
  const args = ["--input-type=commonjs", "--eval", `(async () => { ${program} process.exit(0); })()`, "--", "version"];
  const rest = modules.filter((file) => file !== join(root, "src", "main.ts"));
  await run(ourNode(), [...args, ...rest], { capture: true, env: childEnvironment(), timeout: 60_000 });
  await run(ourNode(), [join(root, "src", "main.ts"), "version"], { capture: true, env: childEnvironment(), timeout: 60_000 });
  stamp(stampFile, fingerprint); // Even when some module failed: the cache is a help, not a need.
}
