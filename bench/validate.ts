// `npm run bench -- validate [--rounds 21]`: how long `./dure validate` takes for a config of 500 lines, from the shell's exec to the end of
// the process. What must be reached: 300 ms.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";

const DURE = fileURLToPath(new URL("../dure", import.meta.url));
const LINES = 500;

const { values } = parseArgs({ allowPositionals: true, options: { rounds: { type: "string", default: "21" } } });
const dir = mkdtempSync(join(tmpdir(), "dure-bench-"));
try {
  const cases = {
    "an option a line": config("option"),
    "the same, with a problem in each pipeline": config("option", { isWrong: true }),
    "a step a line": config("step"),
  };
  for (const [what, text] of Object.entries(cases)) {
    const path = join(dir, "dure.yml");
    writeFileSync(path, text);
    const answer = spawnSync(DURE, ["validate", path, "--no-environment"], { encoding: "utf8" });
    const times = Array.from({ length: Number(values.rounds) }, () => timed(path)).sort((left, right) => left - right);
    const at = (share: number): string => (times[Math.floor((times.length - 1) * share)] ?? Number.NaN).toFixed(0);
    console.log(`${what}: ${text.split("\n").length - 1} lines, exit ${answer.status}, ${at(0.5)} ms (${at(0)}–${at(1)}, ${times.length} runs)`);
  }
} finally {
  rmSync(dir, { recursive: true });
}
const nothing = performance.now();
execFileSync(process.execPath, ["-e", "0"]);
console.log(`(an empty program of Node's: ${(performance.now() - nothing).toFixed(0)} ms)`);

function timed(path: string): number {
  const begin = performance.now();
  spawnSync(DURE, ["validate", path, "--no-environment"]);
  return performance.now() - begin;
}

/** Pipelines until there are enough lines: an option a line, as the pages write them, or a step a line, as short as can be. */
function config(layout: "option" | "step", { isWrong = false } = {}): string {
  const lines = ["agent:", "  memory_max: 128MB", "pipelines:"];
  for (let index = 0; lines.length < LINES; index += 1) {
    const steps: readonly (readonly [name: string, ...options: string[]])[] = [
      ["in.FileTail", `path: /var/log/web-${index}/*.log`, `${isWrong ? "excludes" : "exclude"}: /var/log/web-${index}/debug*.log`, "encoding: cp949"],
      ["parse.Regex", "pattern: '^(?<ip>\\S+) (?<user>\\S+) (?<status>\\d+) (?<rest>.*)$'", "types: { status: integer }"],
      ["filter.Where", `expression: "r.status >= ${400 + (index % 100)} && r.user !== 'probe'"`],
      ["buffer.Time", "every: 5s", "storage: disk"],
      ["failover", `outputs: [ out.Fluentd: { ip: 10.0.${index >> 8}.${index & 255} }, out.File: { path: /var/spool/web-${index}-%Y%m%d.log } ]`],
    ];
    lines.push(`  web-${index}:`);
    for (const [name, ...options] of steps) {
      if (layout === "step") lines.push(`    - ${name}: { ${options.join(", ")} }`);
      else lines.push(`    - ${name}:`, ...options.map((option) => `        ${option}`));
    }
  }
  return `${lines.join("\n")}\n`;
}
