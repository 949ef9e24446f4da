// `npm run check`: everything about the code that can be judged without running it. All checks run; each failure is shown.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkLayers } from "./check-layers.mjs";
import { missingEntries, readLock } from "./lock.mjs";
import { childEnvironment, ourNode, root, run } from "./project.mjs";

const checks = [
  ["types", () => tool("typescript", "tsc", ["--noEmit", "--project", "."])],
  ["dashboard's types", () => tool("typescript", "tsc", ["--noEmit", "--project", "ui"])], // Fails by itself where it finds no file.
  ["lint", () => tool("oxlint", "oxlint", ["--type-aware", "--deny-warnings"])],
  ["layers", () => checkLayers(join(root, "src"))],
  ["unused", () => tool("knip", "knip", ["--no-progress"])],
  ["lock", () => [...missingEntries(readLock()).keys()].map((path) => `package-lock.json lacks ${path}: run node scripts/lock.mjs`)],
  ["paths", machinePaths],
];

let failed = 0;
for (const [name, check] of checks) {
  const started = Date.now();
  const problems = await check();
  const isGood = problems.length === 0;
  if (!isGood) failed += 1;
  console.log(`${isGood ? "ok    " : "FAILED"} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  for (const problem of problems) console.log(problem.replace(/^/gm, "  "));
}
process.exitCode = failed > 0 ? 1 : 0;

/** Runs a package's program on the pinned Node; what it printed, when it failed. */
async function tool(packageName, program, args) {
  const folder = join(root, "node_modules", packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = join(folder, typeof bin === "string" ? bin : bin[program]);
  const { code, output } = await run(ourNode(), [file, ...args], { capture: true, env: childEnvironment() });
  return code === 0 ? [] : [output.trimEnd() || `${program} ended with ${code}`];
}

/** Nothing of the machine it was written on may stand in the project. */
async function machinePaths() {
  const { code, output } = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { capture: true });
  if (code !== 0) return []; // Not a git checkout: an unpacked archive was checked before it was packed.
  const files = output.split("\0").filter((file) => file !== "");
  if (files.length === 0) return ["no file was examined"];
  // The slash is written apart, so that this file does not find itself.
  const folders = ["work/", "root/", "home/(?!user\\b|me\\b)[a-z]", "Users/(?!me\\b)[A-Za-z]", "farm/", "tmp/dure/"];
  const pattern = new RegExp(`(?<![\\w./}-])/(?:${folders.join("|")})`);
  const problems = [];
  for (const file of files) {
    const text = readOrNothing(join(root, file));
    if (text.includes("\0")) continue; // Not text.
    text.split("\n").forEach((line, index) => {
      if (pattern.test(line)) problems.push(`${file}:${index + 1}  names a path of one machine: ${line.trim().slice(0, 120)}`);
    });
  }
  return problems;
}

function readOrNothing(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // Deleted, but still in the index.
  }
}
