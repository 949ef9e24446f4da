// `npm run bench -- processes [--rounds 5] [--only start,crash,output,flow]`: processes kept alive, beside supervisord and PM2 in the same rounds: start of 200, memory at
// rest, from a crash to running again, what they print into a file; and events of a flow beside a shell pipe.
import { mkdirSync, mkdtempSync, rmSync, statSync, existsSync, writeFileSync, openSync, writeSync, closeSync } from "node:fs";
import { execFileSync, spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { measureFlows } from "./processes/flows.ts";
import { keepers } from "./processes/keepers.ts";
import type { Keeper, Kept } from "./processes/keepers.ts";
import { pidsWith, residentMb, until } from "./processes/proc.ts";

const COUNT = 200;
const REST_MS = 5000;
const CRASHES = 20;
const OUTPUT_BYTES = 2 ** 30;
const LINE = `${"0123456789".repeat(12)}abcdefg\n`;

const { values } = parseArgs({ allowPositionals: true, options: { rounds: { type: "string", default: "5" }, only: { type: "string", default: "start,crash,output,flow" } } });
const rounds = Number(values.rounds);
const wanted = values.only.split(",");

interface Figures {
  readonly startMs: number[];
  readonly restMb: number[];
  readonly crashMs: number[];
  readonly outputMb: number[];
}

const contenders = keepers();
const figures = new Map(contenders.map(({ name }): [string, Figures] => [name, { startMs: [], restMb: [], crashMs: [], outputMb: [] }]));
for (let round = 1; round <= rounds; round += 1) {
  for (const keeper of contenders) {
    const own = figures.get(keeper.name);
    if (own === undefined) continue;
    if (wanted.includes("start") || wanted.includes("crash")) await inFolder((dir) => measureStart(keeper, dir, own));
    if (wanted.includes("output")) await inFolder((dir) => measureOutput(keeper, dir, own));
  }
}
report("start of 200, ms until the last runs (bar 800)", ({ startMs }) => startMs);
report("memory of the keeper with 200 at rest, MB (bar 80)", ({ restMb }) => restMb);
report("crash → running again, ms (bar 50)", ({ crashMs }) => crashMs);
report("printed into a file, MB/s (bar 700, and 2 × PM2)", ({ outputMb }) => outputMb);
if (wanted.includes("flow")) await inFolder((dir) => measureFlows(dir, input(), OUTPUT_BYTES, rounds));

async function measureStart(keeper: Keeper, dir: string, { startMs, restMb, crashMs }: Figures): Promise<void> {
  const mark = String(86_400 + Math.floor(Math.random() * 1e6));
  const kept = Array.from({ length: COUNT }, (_, index): Kept => ({ name: `p${index}`, command: ["/bin/sleep", mark] }));
  const begin = performance.now();
  const keeping = keeper.start(dir, kept);
  try {
    await until(() => pidsWith(mark).length === COUNT, `${keeper.name} has started ${COUNT}`);
    startMs.push(performance.now() - begin);
    await delay(REST_MS);
    restMb.push(residentMb(keeping.pid() ?? 0));
    for (const pid of wanted.includes("crash") ? pidsWith(mark).slice(0, CRASHES) : []) {
      const before = new Set(pidsWith(mark));
      const crashed = performance.now();
      process.kill(pid, "SIGKILL");
      await until(() => pidsWith(mark).some((each) => !before.has(each)), `${keeper.name} has started it again`, 1);
      crashMs.push(performance.now() - crashed);
    }
  } finally {
    await keeping.stop();
    await until(() => pidsWith(mark).length === 0, `${keeper.name} has left nothing`, 50);
  }
}

/** `cat` prints a gigabyte of lines; it is done when the file has all of it. */
async function measureOutput(keeper: Keeper, dir: string, { outputMb }: Figures): Promise<void> {
  const output = join(dir, "printed.log");
  const go = join(dir, "go");
  const script = `while [ ! -e ${go} ]; do sleep 0.01; done; cat ${input()}; exec sleep 86400`;
  const keeping = keeper.start(dir, [{ name: "printer", command: ["/bin/sh", "-c", script], output }]);
  try {
    await delay(2000);
    const begin = performance.now();
    writeFileSync(go, "");
    await until(() => existsSync(output) && OUTPUT_BYTES <= statSync(output).size, `${keeper.name} has written all of it`);
    outputMb.push(OUTPUT_BYTES / 1e6 / ((performance.now() - begin) / 1000));
    const lines = execFileSync("wc", ["-l", output], { encoding: "utf8" });
    if (Number(lines.trim().split(" ")[0]) !== OUTPUT_BYTES / LINE.length) throw new Error(`${keeper.name} has not written every line: ${lines}`);
  } finally {
    await keeping.stop();
  }
}

/** Made once; the page cache has it. */
function input(): string {
  const folder = join(tmpdir(), "dure-bench-input");
  const file = join(folder, "lines.txt");
  if (existsSync(file) && statSync(file).size === OUTPUT_BYTES) return file;
  mkdirSync(folder, { recursive: true });
  const block = Buffer.from(LINE.repeat(8192));
  const fd = openSync(file, "w");
  for (let written = 0; written < OUTPUT_BYTES; written += block.length) writeSync(fd, block);
  closeSync(fd);
  return file;
}

function report(what: string, of: (figures: Figures) => readonly number[]): void {
  for (const [name, own] of figures) {
    const sorted = of(own).toSorted((one, other) => one - other);
    if (sorted.length === 0) continue;
    const at = (share: number): string => (sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN).toFixed(0);
    console.log(`${what.padEnd(52)} ${name.padEnd(12)} ${at(0.5).padStart(6)}  (${at(0)}–${at(1)}, ${sorted.length} times)`);
  }
}

async function inFolder(use: (dir: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "dure-bench-"));
  try {
    await use(dir);
  } finally {
    spawnSync("sync");
    rmSync(dir, { recursive: true, force: true });
  }
}
