// Prepares the program's modules: what Node would strip of types each time it keeps a second copy of, with all comments, in each thread of each
// agent. What is prepared says the same in fewer bytes, and is loaded in its place (`src/kernel/lean-imports.ts`) as long as the source is the same.
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { importsOf } from "../check-layers.mjs";
import { buildDir, childEnvironment, ourNode, root, run } from "../project.mjs";
import { fingerprintOf, isStamped, stamp } from "./fingerprint.mjs";

const src = join(root, "src");
const script = join(root, "scripts", "prepare-program.mjs");
const stampFile = join(buildDir, "program.stamp");

export const main = join(src, "main.ts");

export function prepareProgram() {
  const modules = programModules();
  // By time as well: what was prepared holds the time of its source, and is not taken for one that was written anew.
  const fingerprint = fingerprintOf([script, ...modules], modules.map((file) => statSync(file).mtimeMs));
  return isStamped(stampFile, fingerprint) ? undefined : () => prepare(modules, fingerprint);
}

/** What main.ts may come to load, and nothing else: tests and their helpers act when they are imported. */
export function programModules() {
  const found = new Set([main]);
  for (const file of found) {
    for (const { specifier } of importsOf(readFileSync(file, "utf8"))) {
      const target = specifier.startsWith("#") ? join(src, specifier.slice(1)) : specifier.startsWith(".") ? resolve(dirname(file), specifier) : undefined;
      if (target?.endsWith(".ts") && existsSync(target)) found.add(target);
    }
  }
  return [...found].sort();
}

async function prepare(modules, fingerprint) {
  const { code, output } = await run(ourNode(), ["--no-warnings", script, ...modules], { capture: true, env: childEnvironment() });
  if (code !== 0) throw new Error(`preparing the program ended with ${code}\n${output.trimEnd()}`);
  stamp(stampFile, fingerprint);
}
