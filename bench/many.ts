// `npm run bench -- many [--rounds 11]`: an agent of many pipelines. What 500 of them hold and cost while their logs are quiet (bar: 150 MB),
// and how long `./dure reload` takes where one of 200 has changed, from the shell's exec to the end of the process (bar: 1 s).
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { appendFileSync, closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { costOf } from "./watch.ts";

const DURE = fileURLToPath(new URL("../dure", import.meta.url));
const IDLE_PIPELINES = 500;
const RELOADED_PIPELINES = 200;
const IDLE_SECONDS = 10;
const LOOKS_MAX = 600;
const LOOK_EVERY_MS = 100;

const { values } = parseArgs({ allowPositionals: true, options: { rounds: { type: "string", default: "11" } } });

await withAgent(IDLE_PIPELINES, async ({ pid, dir }) => {
  const before = costOf(pid);
  await delay(IDLE_SECONDS * 1000);
  const after = costOf(pid);
  const residentMb = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) / 1024;
  appendFileSync(join(dir, "0.log"), '{"n":1}\n');
  await until(() => existsSync(join(dir, "0.out")) && readFileSync(join(dir, "0.out"), "utf8").includes('"n":1'), "a line of the first of them arrives");
  const cpuPercent = ((after.cpuSeconds - before.cpuSeconds) / IDLE_SECONDS) * 100;
  console.log(`${IDLE_PIPELINES} pipelines at rest: ${residentMb.toFixed(0)} MB now, ${(after.peakBytes / 2 ** 20).toFixed(0)} MB at most since the start (bar 150), ${cpuPercent.toFixed(1)} % of a core`);
});

await withAgent(RELOADED_PIPELINES, async ({ config, dir }) => {
  const times: number[] = [];
  for (let round = 1; round <= Number(values.rounds); round += 1) {
    writeConfig(config, dir, RELOADED_PIPELINES, round);
    const begin = performance.now();
    const { status, stdout, stderr } = spawnSync(DURE, ["reload", config], { encoding: "utf8" });
    times.push(performance.now() - begin);
    if (status !== 0) throw new Error(`the reload failed: ${stdout}${stderr}`);
    appendFileSync(join(dir, "0.log"), `{"n":${round}}\n`);
    await until(() => existsSync(join(dir, "0.out")) && readFileSync(join(dir, "0.out"), "utf8").includes(`"n":${round},"round":${round}`), "a line goes through what was changed");
  }
  times.sort((one, other) => one - other);
  const at = (share: number): string => (times[Math.floor((times.length - 1) * share)] ?? Number.NaN).toFixed(0);
  console.log(`reload of ${RELOADED_PIPELINES} pipelines, one changed: ${at(0.5)} ms (${at(0)}–${at(1)}, ${times.length} reloads; bar 1000), each followed by a line through the new step`);
});

async function withAgent(pipelines: number, use: (agent: { pid: number; config: string; dir: string }) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "dure-bench-"));
  const config = join(dir, "dure.yml");
  writeConfig(config, dir, pipelines, 0);
  const said = openSync(join(dir, "agent.txt"), "w");
  const agent = spawn(DURE, ["run", config], { stdio: ["ignore", said, said] });
  try {
    await until(() => isRunning(agent, config, pipelines), "all pipelines run");
    await use({ pid: agent.pid ?? 0, config, dir });
  } finally {
    agent.kill("SIGTERM");
    if (agent.exitCode === null) await once(agent, "exit");
    closeSync(said);
    rmSync(dir, { recursive: true });
  }
}

/** `round` stands in a step of the first pipeline. */
function writeConfig(config: string, dir: string, pipelines: number, round: number): void {
  const steps = (index: number): unknown[] => [
    { "in.FileTail": { path: join(dir, `${index}.log`) } },
    "parse.Json",
    { "filter.Map": { set: { round: index === 0 ? String(round) : "0" } } },
    { "out.File": { path: join(dir, `${index}.out`), format: "json" } },
  ];
  if (round === 0) for (let index = 0; index < pipelines; index += 1) writeFileSync(join(dir, `${index}.log`), "");
  const all = Object.fromEntries(Array.from({ length: pipelines }, (_, index) => [`log-${index}`, steps(index)]));
  writeFileSync(config, JSON.stringify({ agent: { data_dir: join(dir, "data") }, pipelines: all }));
}

function isRunning(agent: ChildProcess, config: string, pipelines: number): boolean {
  if (agent.exitCode !== null) throw new Error(`the agent ended: ${readFileSync(join(dirname(config), "agent.txt"), "utf8").slice(-2000)}`);
  const { stdout } = spawnSync(DURE, ["ls", "-c", config, "--json"], { encoding: "utf8" });
  return (stdout.match(/"state":\s*"running"/g) ?? []).length === pipelines;
}

async function until(isSo: () => boolean, what: string): Promise<void> {
  for (let look = 0; look < LOOKS_MAX; look += 1) {
    if (isSo()) return;
    await delay(LOOK_EVERY_MS);
  }
  throw new Error(`it is not so after ${(LOOKS_MAX * LOOK_EVERY_MS) / 1000} s: ${what}`);
}
