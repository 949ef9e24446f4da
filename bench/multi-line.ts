// `npm run bench -- multi-line [--bytes 256MiB] [--rounds 5]`: how fast parse.MultiLine joins logs of Java (one event in five has a stack
// trace) and those that a container runtime wrote (one line in ten is cut). Each event must come out once. Bar: 300 MB/s.
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { parseSizeBytes } from "#base/quantities.ts";
import { checkConfig } from "#kernel/config/check.ts";
import { createRegistry } from "#kernel/registry.ts";
import { builtInPlugins } from "#plugins/all.ts";
import { startDataPlane } from "../src/daemon/data-plane.ts";
import { random32 } from "./inputs.ts";

const { values } = parseArgs({ allowPositionals: true, options: { bytes: { type: "string", default: "256MiB" }, rounds: { type: "string", default: "5" } } });
const bytesWanted = parseSizeBytes(values.bytes);
if (bytesWanted === undefined) throw new Error(`--bytes ${values.bytes} is no size; write 256MB or 1GiB`);
const TRACE_LINES = 20;
const never = new AbortController().signal;

/** Appends the lines of one event. */
type Writer = (event: number, random: () => number, lines: string[]) => void;

const writers: Readonly<Record<"java" | "cri", Writer>> = {
  java(event, random, lines) {
    lines.push(`2026-11-22 14:00:00,${String(event % 1000).padStart(3, "0")} ERROR [worker-${random() % 16}] c.e.shop.OrderService - rid=${event} order ${random()} was refused`);
    if (event % 5 !== 0) return;
    lines.push("java.lang.IllegalStateException: no stock for the item");
    for (let frame = 0; frame < TRACE_LINES; frame += 1) lines.push(`\tat com.example.shop.stock.StockService.reserve(StockService.java:${random() % 900})`);
  },
  cri(event, random, lines) {
    const text = `rid=${event} GET /api/v1/orders/${random()} took ${random() % 900} ms and was answered with what the customer had asked for`;
    if (event % 10 === 0) lines.push(`2026-11-22T05:00:00.000000000Z stdout P ${text} `);
    lines.push(`2026-11-22T05:00:00.000000000Z stdout F ${text}`);
  },
};

for (const [preset, writer] of Object.entries(writers)) {
  const input = fileURLToPath(new URL(`../build/bench/${preset}-${bytesWanted}.log`, import.meta.url));
  const { events, bytes } = made(writer, input, bytesWanted);
  const speeds: number[] = [];
  // The first warms up.
  for (let round = 0; round <= Number(values.rounds); round += 1) {
    const seconds = await run(preset, input, events);
    if (0 < round) speeds.push(bytes / 1e6 / seconds);
  }
  speeds.sort((one, other) => one - other);
  const at = (share: number): string => (speeds[Math.floor((speeds.length - 1) * share)] ?? Number.NaN).toFixed(0);
  console.log(`${preset}: ${at(0.5)} MB/s (${at(0)}–${at(1)}, ${speeds.length} runs; bar 300), ${events} events each`);
}

/** Seconds from the start of the pipeline to its end, opening included. */
async function run(preset: string, input: string, events: number): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), "dure-bench-"));
  try {
    const file = join(dir, "dure.yml");
    writeFileSync(file, JSON.stringify({ pipelines: { log: [{ "in.FileTail": { path: input, follow: false } }, { "parse.MultiLine": preset }, "out.Null"] } }));
    const { plan } = await checkConfig({ file, registry: createRegistry(builtInPlugins) });
    if (plan === undefined) throw new Error("the bench's own config is wrong");
    const log = { debug() {}, info() {}, warn: console.warn, error: console.error };
    const begin = performance.now();
    const pipelines = await startDataPlane({ plan: { ...plan, dataDir: join(dir, "data") }, names: ["log"], log, mode: "run", onState() {} }, { drain: never, abort: never });
    await pipelines.ended;
    const seconds = (performance.now() - begin) / 1000;
    const [report] = pipelines.report();
    if (report?.stats.recordsOut !== events) throw new Error(`${report?.stats.recordsOut} of ${events} events came out`);
    return seconds;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Writes the input unless it is there: the same events every time. */
function made(writer: Writer, path: string, wanted: number): { events: number; bytes: number } {
  const random = random32(42);
  const isThere = existsSync(path);
  mkdirSync(dirname(path), { recursive: true });
  const file = isThere ? undefined : openSync(`${path}.new`, "w");
  let bytes = 0;
  let events = 0;
  for (const lines: string[] = []; bytes < wanted; lines.length = 0) {
    for (let event = 0; event < 10_000; event += 1, events += 1) writer(events, random, lines);
    const text = Buffer.from(`${lines.join("\n")}\n`);
    bytes += text.length;
    if (file !== undefined) writeSync(file, text);
  }
  if (file !== undefined) {
    closeSync(file);
    renameSync(`${path}.new`, path);
  }
  return { events, bytes };
}
