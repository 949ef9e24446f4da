// Builds the WebAssembly kernels when their sources, their compiler or the script that builds them changed.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buildDir, childEnvironment, ourNode, root, run } from "../project.mjs";
import { filesBelow, fingerprintOf, isStamped, stamp } from "./fingerprint.mjs";

const script = join(root, "scripts", "build-kernels.mjs");
const builtFile = join(buildDir, "kernels.wasm");
const stampFile = join(buildDir, "kernels.stamp");

export function buildKernels() {
  const fingerprint = sourcesFingerprint();
  return existsSync(builtFile) && isStamped(stampFile, fingerprint) ? undefined : () => build(fingerprint);
}

function sourcesFingerprint() {
  const sources = filesBelow([join(root, "src", "dataplane", "assembly"), script]);
  const compiler = join(root, "node_modules", "assemblyscript", "package.json");
  return fingerprintOf(sources, existsSync(compiler) ? JSON.parse(readFileSync(compiler, "utf8")).version : "");
}

async function build(fingerprint) {
  console.error("setup: building the data-plane kernels");
  const { code, output } = await run(ourNode(), [script], { capture: true, env: childEnvironment() });
  if (code !== 0) throw new Error(`building the kernels ended with ${code}\n${output.trimEnd()}`);
  stamp(stampFile, fingerprint);
}
