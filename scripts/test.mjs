// `npm test`: runs every *.test.ts on the pinned Node. Words behind `--` choose files: `npm test -- kernel/log`.
// Ends with a table of skipped tests; where CI=true a skip is a failure, for then everything a test needs should be there.
// A process that a test leaves behind is a failure too: it is named and ended.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import { randomUUID } from "node:crypto";
import { buildDir, childEnvironment, ourNode, root, run } from "./project.mjs";
import { filesBelow } from "./setup/fingerprint.mjs";

const words = process.argv.slice(2).filter((word) => !word.startsWith("-"));
const flags = process.argv.slice(2).filter((word) => word.startsWith("-"));
const isCi = process.env.CI === "true" || process.env.CI === "1";

const all = filesBelow(["src", "ui", "test", "scripts", "examples", "bench"].map((folder) => join(root, folder))).filter((file) => file.endsWith(".test.ts"));
const files = words.length === 0 ? all : all.filter((file) => words.some((word) => relative(root, file).includes(word)));
if (files.length === 0) {
  console.error(words.length === 0 ? "there are no tests" : `no test file has ${words.join(" or ")} in its path`);
  process.exit(1);
}

mkdirSync(buildDir, { recursive: true });
const runId = randomUUID(); // In the environment of every process that the tests start: so we find those they forget.
const skipsFile = join(buildDir, `skips-${runId}.json`);
const args = [
  "--test",
  `--test-concurrency=${availableParallelism()}`,
  "--test-timeout=300000",
  `--test-reporter=${process.stdout.isTTY || words.length > 0 ? "spec" : "dot"}`,
  "--test-reporter-destination=stdout",
  `--test-reporter=${join(root, "scripts", "test", "skips-reporter.mjs")}`,
  `--test-reporter-destination=${skipsFile}`,
  ...flags,
  ...files,
];
let child;
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child?.kill(signal));
const { code } = await run(ourNode(), args, { env: childEnvironment({ DURE_TEST_RUN: runId }), onSpawn: (started) => (child = started) });

const counts = existsSync(skipsFile) ? readFileSync(skipsFile, "utf8") : "";
rmSync(skipsFile, { force: true });
const { passed, failed, skipped } = counts === "" ? { passed: 0, failed: 0, skipped: [] } : JSON.parse(counts); // A run that was ended has not counted.
console.log(`\n${files.length} files: ${passed} passed, ${failed} failed, ${skipped.length} skipped`);
for (const { name, file, reason } of skipped) console.log(`  skipped  ${relative(root, file ?? "")}  ${name}${reason === "" ? "" : `: ${reason}`}`);

const left = await endForgotten();
for (const { pid, command } of left) console.log(`  left behind by a test: process ${pid} (${command})`);
if (isCi && skipped.length > 0) console.log("a skip is a failure where CI=true");
process.exitCode = code !== 0 || passed + failed === 0 || left.length > 0 || (isCi && skipped.length > 0) ? 1 : 0;

/** Processes of this run that outlived it, found by their environment (Linux); ended by their id, and only they. */
async function endForgotten() {
  if (process.platform !== "linux") return [];
  let found = forgotten();
  // One that is just ending is not forgotten.
  for (let patience = 600; found.length > 0 && patience > 0; patience -= 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    found = forgotten();
  }
  for (const { pid } of found) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // Ended by itself in between.
    }
  }
  return found;
}

function forgotten() {
  const found = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      if (!readFileSync(`/proc/${name}/environ`, "latin1").includes(`DURE_TEST_RUN=${runId}`)) continue;
      if (/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${name}/stat`, "latin1"))) continue;
      found.push({ pid: Number(name), command: readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ").trim() });
    } catch {
      // Not ours to read, or gone.
    }
  }
  return found;
}
