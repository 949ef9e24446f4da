// Events from one process to another, beside a shell pipe: how many a second with an acknowledgement for each, how many megabytes without.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { until } from "./proc.ts";

const DURE = fileURLToPath(new URL("../../dure", import.meta.url));
const EVENTS = 200_000;
const LINE_BYTES = 128;

/** What the two processes do; the second writes `done` when it has all. */
interface Flow {
  readonly what: string;
  readonly unit: "events/s" | "MB/s";
  readonly amount: number;
  readonly from: string;
  readonly to: string;
  readonly flow: Readonly<Record<string, unknown>>;
}

/** `input`: a file of lines of LINE_BYTES. */
export async function measureFlows(dir: string, input: string, bytes: number, rounds: number): Promise<void> {
  const go = join(dir, "go");
  const done = join(dir, "done");
  const wait = `while [ ! -e ${go} ]; do sleep 0.01; done`;
  // It reads so many and no less. One program, not two: `head | wc` was a second pipe, which was what was measured.
  const count = `head -c ${bytes} > /dev/null; : > ${done}; exec sleep 86400`;
  const echo = join(dir, "echo.mjs");
  writeFileSync(echo, ECHO);
  const flows: readonly Flow[] = [
    { what: "flow with an ack for each event (stderr-echo)", unit: "events/s", amount: EVENTS, from: `${wait}; head -n ${EVENTS} ${input}; exec sleep 86400`, to: `exec ${process.execPath} ${echo} ${EVENTS} ${done}`, flow: { ack: "stderr-echo" } },
    { what: "flow without ack, through the agent", unit: "MB/s", amount: bytes / 1e6, from: `${wait}; cat ${input}; exec sleep 86400`, to: count, flow: { ack: "none" } },
    { what: "flow without ack, one kernel pipe (view: false)", unit: "MB/s", amount: bytes / 1e6, from: `${wait}; cat ${input}; exec sleep 86400`, to: count, flow: { ack: "none", view: false } },
  ];
  const rates = new Map<string, { readonly unit: string; readonly each: number[] }>();
  const note = (what: string, unit: string, rate: number): void => void (rates.get(what)?.each.push(rate) ?? rates.set(what, { unit, each: [rate] }));
  for (let round = 1; round <= rounds; round += 1) {
    for (const flow of flows) note(flow.what, flow.unit, await rateOf(flow, dir, go, done));
    const begin = performance.now();
    spawnSync("/bin/sh", ["-c", `cat ${input} | head -c ${bytes} > /dev/null`]);
    note("the same by a pipe of the shell", "MB/s", bytes / 1e6 / ((performance.now() - begin) / 1000));
  }
  for (const [what, { unit, each }] of rates) say(what, unit, each);
}

async function rateOf({ what, amount, from, to, flow }: Flow, dir: string, go: string, done: string): Promise<number> {
  const config = join(dir, "flow.yml");
  rmSync(join(dir, "data"), { recursive: true, force: true });
  for (const file of [go, done]) rmSync(file, { force: true });
  writeFileSync(config, JSON.stringify({ agent: { data_dir: join(dir, "data") }, http: false, processes: { from: { command: ["/bin/sh", "-c", from] }, to: { command: ["/bin/sh", "-c", to] } }, flows: [{ type: "broad", from: "from", to: "to", ...flow }] }));
  const agent = spawn(DURE, ["run", config], { stdio: "ignore" });
  try {
    await delay(2000);
    const begin = performance.now();
    writeFileSync(go, "");
    await until(() => existsSync(done), what);
    return amount / ((performance.now() - begin) / 1000);
  } finally {
    agent.kill("SIGTERM");
    await once(agent, "exit");
  }
}

function say(what: string, unit: string, rates: readonly number[]): void {
  const sorted = rates.toSorted((one, other) => one - other);
  const at = (share: number): string => (sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN).toFixed(0);
  console.log(`${what.padEnd(52)} ${at(0.5).padStart(8)} ${unit}  (${at(0)}–${at(1)}, ${sorted.length} times)`);
}

/** Reads lines and says each on its standard error; checks that they are whole. */
const ECHO = `
import { createInterface } from "node:readline";
import { writeFileSync, renameSync, writeSync } from "node:fs";
const [, , wanted, done] = process.argv;
let count = 0;
for await (const line of createInterface({ input: process.stdin })) {
  if (line.length !== ${LINE_BYTES - 1}) throw new Error("a line is not whole: " + line);
  count += 1;
  writeSync(2, line + "\\n");
  if (count === Number(wanted)) { writeFileSync(done + ".next", String(count)); renameSync(done + ".next", done); }
}
`;
