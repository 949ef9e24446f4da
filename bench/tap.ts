// `npm run bench -- tap [--bytes 256MiB] [--rounds 40] [--taps 1]`: what taps cost a pipeline at full speed. The same pipeline, in one process,
// in turn with taps that ask for 100 records a second each and without any; CPU of the whole process. Bar, of one: 3 %.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { parseSizeBytes } from "#base/quantities.ts";
import { checkConfig } from "#kernel/config/check.ts";
import { createRegistry } from "#kernel/registry.ts";
import { builtInPlugins } from "#plugins/all.ts";
import { startDataPlane } from "../src/daemon/data-plane.ts";
import { makeInput } from "./inputs.ts";

const PER_SECOND_MAX = 100;
const BAR_PERCENT = 3;
/** Until everything is compiled. */
const WARM_UP_ROUNDS = 4;

const { values } = parseArgs({ allowPositionals: true, options: { bytes: { type: "string", default: "256MiB" }, rounds: { type: "string", default: "40" }, taps: { type: "string", default: "1" } } });
const bytes = parseSizeBytes(values.bytes);
if (bytes === undefined) throw new Error(`--bytes ${values.bytes} is no size; write 256MB or 1GiB`);
const input = fileURLToPath(new URL(`../build/bench/access-${bytes}.log`, import.meta.url));
const { lines } = makeInput("access", bytes, input);
const dir = mkdtempSync(join(tmpdir(), "dure-bench-"));
const file = join(dir, "dure.yml");
writeFileSync(file, JSON.stringify({ pipelines: { web: [{ "in.FileTail": { path: input, follow: false } }, { "parse.Regex": "nginx" }, { "filter.Where": "r.status >= 500" }, "out.Null"] } }));
const never = new AbortController().signal;
const cpuMs = { without: [] as number[], with: [] as number[] };
let shown = 0;
try {
  for (let round = 0; round < WARM_UP_ROUNDS + Number(values.rounds); round += 1) {
    for (const which of ["without", "with"] as const) {
      const cost = await run(which === "with");
      if (WARM_UP_ROUNDS <= round) cpuMs[which].push(cost);
    }
  }
} finally {
  rmSync(dir, { recursive: true });
}
const at = (sorted: readonly number[], share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
for (const [which, costs] of Object.entries(cpuMs)) {
  costs.sort((one, other) => one - other);
  console.log(`${which} taps: ${at(costs, 0.5).toFixed(0)} ms of CPU for ${lines} lines (quarters ${at(costs, 0.25).toFixed(0)}–${at(costs, 0.75).toFixed(0)}, best ${at(costs, 0).toFixed(0)}, ${costs.length} runs)`);
}
const percent = (share: number): string => ((at(cpuMs.with, share) / at(cpuMs.without, share) - 1) * 100).toFixed(1);
console.log(`${values.taps} taps cost ${percent(0.5)} % at the median, ${percent(0.25)} % at the first quarter, ${percent(0)} % at best (bar ${BAR_PERCENT} %); ${shown} records were shown`);

async function run(hasTap: boolean): Promise<number> {
  const { plan } = await checkConfig({ file, registry: createRegistry(builtInPlugins) });
  if (plan === undefined) throw new Error("the bench's own config is wrong");
  const before = process.cpuUsage();
  const log = { debug() {}, info() {}, warn: console.warn, error: console.error };
  const running = Promise.withResolvers<void>();
  const pipelines = await startDataPlane({ plan: { ...plan, dataDir: mkdtempSync(join(dir, "data-")) }, names: ["web"], log, mode: "run", onState: ({ state }) => void (state === "running" && running.resolve()) }, { drain: never, abort: never });
  await running.promise;
  if (hasTap) for (let tap = 0; tap < Number(values.taps); tap += 1) await pipelines.tap("web", { step: "parse", isDiff: tap % 2 === 1, perSecondMax: PER_SECOND_MAX }, (sample) => (shown += sample.records.length));
  await pipelines.ended;
  const [report] = pipelines.report();
  if (report?.stats.recordsIn !== lines) throw new Error(`${report?.stats.recordsIn} of ${lines} lines were read`);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
