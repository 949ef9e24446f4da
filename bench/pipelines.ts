// `npm run bench -- pipelines [--bytes 1GiB] [--rounds 3] [--only w1,w2] [--contenders dure,naive]`: Dure beside its peers, on the same inputs, in the same run.
// Only what arrived and was verified counts. Fluent Bit runs beside us where it is installed (or FLUENT_BIT names its program); its figures
// recorded on another machine (bench/recorded.ts) stand in a column of their own.
import { parseArgs } from "node:util";
import { parseSizeBytes } from "#base/quantities.ts";
import { contenders } from "./contenders.ts";
import { printTable } from "./table.ts";
import { WORKLOADS, runWorkload } from "./workloads.ts";
import type { Measured } from "./workloads.ts";

const { values } = parseArgs({
  allowPositionals: true, // its own name
  options: { bytes: { type: "string", default: "1GiB" }, rounds: { type: "string", default: "3" }, only: { type: "string" }, contenders: { type: "string" } },
});
const bytes = parseSizeBytes(values.bytes);
if (bytes === undefined) throw new Error(`--bytes ${values.bytes} is no size; write 256MB or 1GiB`);
const wanted = values.only?.split(",");
const who = values.contenders?.split(",");
const measured: Measured[] = [];
for (const workload of WORKLOADS.filter((one) => wanted === undefined || wanted.includes(one.id))) {
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const contender of contenders.filter((one) => who === undefined || who.includes(one.name))) {
      const result = await runWorkload(workload, contender, bytes);
      if (result === undefined) continue;
      measured.push(result);
      process.stderr.write(`${workload.id} ${contender.name}: ${result.problem ?? `${result.megabytesPerSecond?.toFixed(0) ?? result.p50Ms?.toFixed(3)} ${result.p50Ms === undefined ? "MB/s" : "ms"}, ${result.cost.cpuSeconds.toFixed(2)} s CPU, ${(result.cost.peakBytes / 2 ** 20).toFixed(0)} MB`}\n`);
    }
  }
}
printTable(measured);
if (measured.some((one) => one.problem !== undefined)) process.exitCode = 5;
