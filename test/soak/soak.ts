// `npm run soak [-- --kills 1000 --only kill,dure-to-dure,processes,jobs,reload,damage,fuzz,long-line,tail10g --input tcp,console --seed N]`: the faults of the tests, as
// often as a release has to bear them; `--input` names listening inputs, EventFlow's `console` or `old-api`, and leaves out what else is fuzzed. Prints its seed and closes with a table; ends with 5 when something did not hold.
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { folder, ROOT } from "../cli/run-dure.ts";
import { hurtBuffers, hurtPositions } from "../faults/damage-trial.ts";
import type { Damage, DamageResult } from "../faults/damage-trial.ts";
import { KILL_PATHS, killTrial, windowLines } from "../faults/kill-trial.ts";
import type { KillPath } from "../faults/kill-trial.ts";
import { CUT_CHUNK_PATHS, cutChunkTrial } from "../faults/cut-chunk-trial.ts";
import type { CutChunkPath } from "../faults/cut-chunk-trial.ts";
import { DURE_TO_DURE_PATHS, dureToDureTrial } from "../faults/dure-to-dure-trial.ts";
import type { DureToDurePath } from "../faults/dure-to-dure-trial.ts";
import { forwardInTrial } from "../faults/forward-in-trial.ts";
import type { ForwardInPath } from "../faults/forward-in-trial.ts";
import { jobsKillTrial } from "../faults/jobs-kill-trial.ts";
import { processKillTrial } from "../faults/process-kill-trial.ts";
import { randomNumbers } from "../faults/random.ts";
import { noRabbitMq, startRabbitMq } from "../servers/rabbitmq.ts";
import { FUZZED_INPUTS, inputTrial } from "../fuzz/input-trial.ts";
import type { FuzzedInput } from "../fuzz/input-trial.ts";
import { FUZZED_EDGES, oldEdgeTrial } from "../fuzz/old-edges-trial.ts";
import type { FuzzedEdge } from "../fuzz/old-edges-trial.ts";
import { tailFlat } from "./tail-flat.ts";

interface Outcome {
  readonly what: string;
  readonly count: string;
  readonly failures: readonly string[];
  readonly detail: string;
}

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "1000" },
    messages: { type: "string", default: "1000000" },
    input: { type: "string" },
    "fuzz-runs": { type: "string", default: "20000" },
    gigabytes: { type: "string", default: "10" },
    only: { type: "string" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
});
const seed = Number(values.seed);
/** More in one trial, and what arrived fills the receiver's memory. */
const KILLS_A_TRIAL = 20;
const JOB_KILLS_A_TRIAL = 50;
const PLACES_A_TRIAL = 50;
const FAILED = 5;

const soaks: Readonly<Record<string, () => AsyncGenerator<Outcome>>> = {
  async *kill() {
    // The thousand are spread over the four main ways; the others have a twentieth each.
    const main: readonly KillPath[] = ["file", "forward", "forward-memory-buffer", "forward-disk-buffer"];
    for (const path of KILL_PATHS) yield await kills(path, Math.ceil(Number(values.kills) / (main.includes(path) ? main.length : 20)));
    for (const to of ["file", "disk buffer"] as const) yield await forwardKills(to, Math.ceil(Number(values.kills) / 20));
    for (const path of CUT_CHUNK_PATHS) yield await chunkKills(path, Math.ceil(Number(values.kills) / 20));
  },
  async *"dure-to-dure"() {
    for (const path of DURE_TO_DURE_PATHS) yield await dureToDureKills(path, Math.ceil(Number(values.kills) / 10));
  },
  async *processes() {
    yield await processKills(Math.ceil(Number(values.kills) / 2));
    const steps = String(Math.ceil(Number(values.kills) / 20));
    yield await tests("agents killed while their steps run programs", ["test/faults/killed-steps.test.ts"], { DURE_KILLS: steps }, steps);
    yield await tests("a gigabyte without a line's end", ["test/faults/processes.test.ts"], { DURE_ENDLESS_MIB: "1024" }, "1");
    yield await tests("ten million lines that somebody follows and does not read", ["test/faults/process-hurt.test.ts"], { DURE_LOUD_LINES: "10000000" }, "10000000");
  },
  async *jobs() {
    yield await jobKills("embedded queue", Number(values.kills));
    if (noRabbitMq !== false) return;
    await using server = await startRabbitMq();
    yield await jobKills("RabbitMQ", Number(values.kills), `amqp://guest:guest@127.0.0.1:${server.port}/`);
  },
  async *reload() {
    const count = String(Math.max(10, Math.ceil(Number(values.kills) / 10)));
    yield await tests("reloads under load, one of five wrong", ["test/faults/reload.test.ts", "test/faults/reload-listening.test.ts"], { DURE_RELOADS: count }, count);
  },
  async *damage() {
    yield await everyByte("disk buffer", hurtBuffers);
    yield await everyByte("position file", hurtPositions);
  },
  async *fuzz() {
    const { inputs, edges } = fuzzedWanted();
    for (const input of inputs) {
      const { failures, detail } = await inputTrial({ input, messages: Number(values.messages), seed });
      yield { what: `hurt messages, in.${input}`, count: values.messages, failures, detail };
    }
    // Many of them change the config, which is read and applied each time.
    const lines = Math.ceil(Number(values.messages) / 20);
    for (const edge of edges) {
      const { failures, detail } = await oldEdgeTrial({ edge, messages: lines, seed, stopSecondsMax: 25 });
      yield { what: edge === "console" ? "hurt lines, EventFlow's console" : "hurt requests, EventFlow's HTTP API", count: String(lines), failures, detail };
    }
    if (values.input !== undefined) return;
    yield await tests("attacks on what listens", ["test/fuzz/attacks.test.ts"], { DURE_ATTACK_SHARE: "1" }, "all");
    yield await tests("malformed calls of the API", ["test/fuzz/api.test.ts"], { DURE_FUZZ_CALLS: "10000", DURE_FUZZ_SEED: String(seed) }, "10000");
    yield await tests("hurt messages, everything that reads", ["test/fuzz/readers.test.ts"], { DURE_FUZZ_READS: values.messages, DURE_FUZZ_SEED: String(seed) }, values.messages);
    const runs = Number(values["fuzz-runs"]);
    yield await tests(
      "kernels against their twins",
      ["src/dataplane/kernels.test.ts", "src/dataplane/kernels-answers.test.ts"],
      { DURE_FUZZ_RUNS: String(runs) },
      `${runs} a property`,
    );
    yield await tests("delimiter programs against V8", ["src/plugins/parse/parts/pattern/split-program.test.ts"], { DURE_FUZZ_RUNS: String(runs) }, String(runs));
    yield await tests("groups of disk buffers", ["src/plugins/buffer/disk-again.test.ts"], { DURE_FUZZ_RUNS: String(Math.ceil(runs / 10)) }, String(Math.ceil(runs / 10)));
    yield await tests("mutated configs", ["src/kernel/config/mutated.test.ts"], { DURE_FUZZ_RUNS: String(runs) }, `${runs} a property`);
  },
  async *"long-line"() {
    yield await tests("one line of 1 GiB", ["test/faults/odd-files.test.ts", "--test-name-pattern=^a line of"], { DURE_LONG_LINE_BYTES: String(2 ** 30) }, "1");
  },
  async *tail10g() {
    const bytes = Number(values.gigabytes) * 2 ** 30;
    for (const to of ["null", "forward"] as const) {
      const { failures, detail } = await tailFlat(to, bytes);
      yield { what: `tail → ${to}, memory over ${values.gigabytes} GiB`, count: "1", failures, detail };
    }
  },
};

const wanted = values.only?.split(",") ?? Object.keys(soaks);
const unknown = wanted.filter((name) => !(name in soaks));
if (0 < unknown.length) {
  console.error(`there is no soak named ${unknown.join(", ")}; choose from ${Object.keys(soaks).join(", ")}`);
  process.exit(2);
}
console.log(`seed ${seed}`);
const rows: string[][] = [];
for (const name of wanted) {
  let startedAt = performance.now();
  for await (const { what, count, failures, detail } of soaks[name]?.() ?? []) {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    rows.push([what, count, failures.length === 0 ? "held" : `${failures.length} FAILED`, detail, `${seconds} s`]);
    console.log(`${failures.length === 0 ? "✓" : "✗"} ${what}: ${count} in ${seconds} s, ${detail}`);
    for (const failure of failures.slice(0, 20)) console.log(`    ${failure}`);
    startedAt = performance.now();
  }
}
printTable([["soak", "count", "outcome", "detail", "took"], ...rows]);
console.log(`seed ${seed}`);
process.exitCode = rows.some(([, , outcome]) => outcome !== "held") ? FAILED : 0;

function fuzzedWanted(): { readonly inputs: readonly FuzzedInput[]; readonly edges: readonly FuzzedEdge[] } {
  const names = values.input?.split(",") ?? [...FUZZED_INPUTS, ...FUZZED_EDGES];
  const [inputs, edges] = [FUZZED_INPUTS.filter((input) => names.includes(input)), FUZZED_EDGES.filter((edge) => names.includes(edge))];
  if (inputs.length + edges.length === names.length) return { inputs, edges };
  console.error(`choose inputs from ${[...FUZZED_INPUTS, ...FUZZED_EDGES].join(", ")}`);
  process.exit(2);
}

/** Children, the agent, or both. */
async function processKills(count: number): Promise<Outcome> {
  const failures: string[] = [];
  let [events, again, done] = [0, 0, 0];
  for (let trial = 0; done < count; trial += 1) {
    const dir = await mkdtemp(join(tmpdir(), "dure-soak-"));
    const kills = Math.min(KILLS_A_TRIAL, count - done);
    const result = await processKillTrial({ dir, kills, seed: seed + trial });
    done += kills;
    events += result.fed + result.printed;
    again += Object.values(result.again).reduce((sum, each) => sum + each, 0);
    const lost = Object.values(result.missing).reduce((sum, each) => sum + each, 0);
    const isHeld = lost === 0 && result.outOfOrder === 0 && result.orphans.length === 0 && Object.values(result.again).every((each) => each <= kills);
    if (isHeld) rmSync(dir, { recursive: true, force: true });
    else failures.push(`seed ${seed + trial}: ${JSON.stringify(result)}; the trial's files are in ${dir}`);
  }
  return { what: "kill -9 of children, agent and both, while it starts, too", count: String(count), failures, detail: `${events} events, ${again} came twice` };
}

/** Workers, and the agent. */
async function jobKills(queue: string, count: number, broker?: string): Promise<Outcome> {
  const failures: string[] = [];
  let [accepted, again, done] = [0, 0, 0];
  for (let trial = 0; done < count; trial += 1) {
    const dir = await mkdtemp(join(tmpdir(), "dure-soak-"));
    const kills = Math.min(JOB_KILLS_A_TRIAL, count - done);
    const result = await jobsKillTrial({ dir, kills, seed: seed + trial, ...(broker === undefined ? {} : { broker }) });
    done += kills;
    accepted += result.accepted;
    again += result.again;
    const isHeld = result.missing + result.neverEnded + result.neverRun + result.unexplained + result.failed.length === 0;
    if (isHeld) rmSync(dir, { recursive: true, force: true });
    else failures.push(`seed ${seed + trial}: ${JSON.stringify(result)}; the trial's files are in ${dir}`);
  }
  return { what: `kill -9 of workers and agent while jobs run, ${queue}`, count: String(count), failures, detail: `${accepted} jobs, ${again} were begun again` };
}

async function kills(path: KillPath, count: number): Promise<Outcome> {
  const failures: string[] = [];
  let [written, most, done] = [0, 0, 0];
  const linesMax = windowLines(path);
  for (let trial = 0; done < count; trial += 1) {
    const dir = await mkdtemp(join(tmpdir(), "dure-soak-"));
    const kills = Math.min(KILLS_A_TRIAL, count - done);
    const trialSeed = seed + trial;
    const result = await killTrial({ dir, path, kills, seed: trialSeed });
    done += kills;
    written += result.written;
    most = Math.max(most, result.mostAgainByOneKill);
    if (0 < result.missing) failures.push(`seed ${trialSeed}: ${result.missing} lines lost; files in ${dir}`);
    if (linesMax < result.mostAgainByOneKill || (linesMax === 0 && 0 < result.again))
      failures.push(`seed ${trialSeed}: ${result.again} lines twice, ${result.mostAgainByOneKill} by one kill; files in ${dir}`);
    if (result.missing === 0 && result.mostAgainByOneKill <= linesMax) rmSync(dir, { recursive: true, force: true });
  }
  return { what: `kill -9, tail → ${path}`, count: `${done}`, failures, detail: `${written} lines; at most ${most} twice by one kill` };
}

async function forwardKills(to: ForwardInPath, count: number): Promise<Outcome> {
  const failures: string[] = [];
  let [acked, done] = [0, 0];
  for (let trial = 0; done < count; trial += 1) {
    await using dir = folder();
    const kills = Math.min(KILLS_A_TRIAL, count - done);
    const result = await forwardInTrial(dir, { to, kills, seed: seed + trial });
    done += kills;
    acked += result.ackedLines;
    if (0 < result.missing || (to === "file" && 0 < result.again))
      failures.push(`seed ${seed + trial}: ${result.missing} acked lines lost, ${result.again} twice, ${result.againUnasked} of them sent once`);
  }
  return { what: `kill -9, Fluentd client → ${to}`, count: `${done}`, failures, detail: `${acked} acked lines` };
}

async function chunkKills(path: CutChunkPath, count: number): Promise<Outcome> {
  const failures: string[] = [];
  let [sent, cut, done] = [0, 0, 0];
  for (let trial = 0; done < count; trial += 1) {
    await using dir = folder();
    // Of each second agent the first kill is the only one.
    const kills = trial % 2 === 0 ? 1 : Math.min(KILLS_A_TRIAL / 2, count - done);
    const result = await cutChunkTrial(dir, { path, kills, seed: seed + trial });
    done += kills;
    sent += result.sent;
    cut += result.cut;
    if (0 < result.missing || 0 < result.again) failures.push(`seed ${seed + trial}: ${result.missing} records lost, ${result.again} twice`);
  }
  return { what: `kill -9 inside large chunks, Fluentd client → ${path}`, count: `${done}`, failures, detail: `${sent} records, ${cut} chunks went on` };
}

async function dureToDureKills(path: DureToDurePath, count: number): Promise<Outcome> {
  const failures: string[] = [];
  let [written, done] = [0, 0];
  for (let trial = 0; done < count; trial += 1) {
    const kills = Math.min(KILLS_A_TRIAL, count - done);
    const result = await dureToDureTrial({ path, kills, seed: seed + trial });
    done += kills;
    written += result.written;
    if (0 < result.missing || 0 < result.again) failures.push(`seed ${seed + trial}: ${result.missing} lines lost, ${result.again} twice`);
  }
  return { what: `kill -9 of either, disk buffer, ${path} → another agent`, count: `${done}`, failures, detail: `${written} lines` };
}

/** Each byte is once flipped in one bit, and once the first that is missing. */
async function everyByte(what: string, hurt: (dir: ReturnType<typeof folder>, damages: readonly Damage[]) => Promise<DamageResult>): Promise<Outcome> {
  const next = randomNumbers(seed);
  const failures: string[] = [];
  let [bytes, places, again] = [1, 0, 0];
  for (let at = 0; at < bytes; at += PLACES_A_TRIAL / 2) {
    await using dir = folder();
    const damages = Array.from({ length: PLACES_A_TRIAL }, (_, place): Damage => ({
      kind: place % 2 === 0 ? "flip" : "torn",
      at: at + (place >> 1),
      bit: Math.floor(next() * 8),
    }));
    const result = await hurt(dir, damages);
    bytes = result.fileBytes;
    places += damages.length;
    again += result.again;
    failures.push(...result.failures);
  }
  return { what: `${what} flipped and torn at every byte`, count: `${places}`, failures, detail: `${bytes} bytes; ${again} lines twice` };
}

/** Test files with their counts set high, as they run in `npm test` otherwise. */
async function tests(what: string, args: readonly string[], env: Record<string, string>, count: string): Promise<Outcome> {
  const child = spawn(process.execPath, ["--test", ...args.toSorted((one, other) => Number(other.startsWith("--")) - Number(one.startsWith("--")))], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const code = await new Promise((resolve) => child.once("close", resolve));
  const passed = /^ℹ pass (\d+)/m.exec(output)?.[1] ?? "0";
  const said = /^ℹ (RSS .*)$/m.exec(output)?.[1];
  const isGood = code === 0 && passed !== "0";
  return { what, count, failures: isGood ? [] : [output.slice(Math.max(0, output.indexOf("failing tests")))], detail: `${passed} tests${said === undefined ? "" : `; ${said}`}` };
}

function printTable(table: readonly (readonly string[])[]): void {
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  console.log("");
  for (const row of table) console.log(`| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`);
}
