// Builds the dashboard when its sources, what they are made of, or the script that builds it changed.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buildDir, childEnvironment, ourNode, root, run } from "../project.mjs";
import { filesBelow, fingerprintOf, isStamped, stamp } from "./fingerprint.mjs";

const script = join(root, "scripts", "build-dashboard.mjs");
const builtFile = join(buildDir, "ui", "index.html");
const stampFile = join(buildDir, "ui.stamp");
/** Packages that the browser gets, and the one that puts them together. */
const PACKAGES = ["vite", "preact", "@preact/signals", "uplot", "es-hangul", "@codemirror/view", "@codemirror/state"];

export function buildDashboard() {
  const fingerprint = sourcesFingerprint();
  return existsSync(builtFile) && isStamped(stampFile, fingerprint) ? undefined : () => build(fingerprint);
}

function sourcesFingerprint() {
  const sources = filesBelow([join(root, "ui"), script]).filter((file) => !file.endsWith(".test.ts"));
  return fingerprintOf(sources, root, PACKAGES.map(versionOf));
}

function versionOf(name) {
  const file = join(root, "node_modules", ...name.split("/"), "package.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).version : "";
}

async function build(fingerprint) {
  console.error("setup: building the dashboard");
  const { code, output } = await run(ourNode(), [script], { capture: true, env: childEnvironment({ NODE_ENV: "production" }) });
  if (code !== 0) throw new Error(`building the dashboard ended with ${code}\n${output.trimEnd()}`);
  console.error(output.split("\n")[0]);
  stamp(stampFile, fingerprint);
}
