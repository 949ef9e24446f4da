// `npm run bench -- syslog [--bytes 128MiB] [--rounds 3]`: syslog over TCP in, everything out to a receiver that verifies it. Dure beside
// rsyslog, on the same input, in the same run: Dure sends by the forward protocol, and once more as raw syslog over TCP, which is all that
// rsyslog can (it has no forward output): imtcp to omfwd, as they come. Bar: twice rsyslog.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { parseSizeBytes } from "#base/quantities.ts";
import { freePort } from "#test/servers/free-port.ts";
import { makeInput } from "./inputs.ts";
import { costOf } from "./watch.ts";
import { startReceiver } from "./workloads.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const RSYSLOG = "/usr/sbin/rsyslogd";
const RUN_MS_MAX = 60_000;
const BAR = 2;

interface Relay {
  readonly name: string;
  readonly protocol: "forward" | "tcp";
  start(port: number, to: number, dir: string): { readonly command: string; readonly args: readonly string[] };
}
interface Measured {
  readonly framing: string;
  readonly name: string;
  readonly megabytesPerSecond: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  readonly problem: string;
}

const dure = (name: string, protocol: Relay["protocol"], output: (to: number) => Record<string, unknown>): Relay => ({
  name,
  protocol,
  start(port, to, dir) {
    const config = join(dir, "dure.json.yml");
    writeFileSync(config, JSON.stringify({ agent: { data_dir: join(dir, "data") }, pipelines: { bench: [{ "in.Syslog": { host: "127.0.0.1", port, protocols: ["tcp"] } }, output(to)] } }));
    return { command: join(ROOT, "dure"), args: ["run", config] };
  },
});
const rsyslog: Relay = {
  name: "rsyslog, to syslog",
  protocol: "tcp",
  start(port, to, dir) {
    const config = join(dir, "rsyslog.conf");
    writeFileSync(config, `global(workDirectory="${dir}" maxMessageSize="64k")\nmodule(load="imtcp")\ntemplate(name="raw" type="string" string="%rawmsg%\\n")\ninput(type="imtcp" port="${port}" address="127.0.0.1" ruleset="out")\nruleset(name="out") { action(type="omfwd" target="127.0.0.1" port="${to}" protocol="tcp" template="raw" queue.type="linkedlist" queue.size="100000" action.resumeRetryCount="-1") }\n`);
    return { command: RSYSLOG, args: ["-n", "-f", config, "-i", join(dir, "rsyslog.pid")] };
  },
};
const relays: readonly Relay[] = [
  dure("dure, to forward", "forward", (port) => ({ "out.Fluentd": { host: "127.0.0.1", port, ack: false } })),
  dure("dure, to syslog", "tcp", (port) => ({ "out.Syslog": { host: "127.0.0.1", port, format: "raw" } })),
  ...(existsSync(RSYSLOG) ? [rsyslog] : []),
];

const { values } = parseArgs({ allowPositionals: true, options: { bytes: { type: "string", default: "128MiB" }, rounds: { type: "string", default: "3" } } });
const bytes = parseSizeBytes(values.bytes);
if (bytes === undefined) throw new Error(`--bytes ${values.bytes} is no size; write 128MiB or 1GiB`);
const build = join(ROOT, "build/bench");
const input = join(build, `access-${bytes}.log`);
const { lines } = makeInput("access", bytes, input);
const measured: Measured[] = [];
for (const framing of ["newline", "octet_counting"]) {
  for (let round = 0; round < Number(values.rounds); round += 1) for (const relay of relays) measured.push(await run(relay, framing));
}
print();

async function run(relay: Relay, framing: string): Promise<Measured> {
  const dir = mkdtempSync(join(build, "run-"));
  const port = await freePort();
  const receiver = await startReceiver(relay.protocol, lines, false);
  const { command, args } = relay.start(port, receiver.port, dir);
  const child = spawn(command, args, { stdio: "ignore" });
  const sender = spawn(process.execPath, [join(ROOT, "bench/syslog-sender.ts"), input, framing, String(port)], { stdio: ["pipe", "pipe", "inherit"] });
  try {
    const ready = Promise.withResolvers<number>();
    createInterface({ input: sender.stdout }).on("line", (line) => {
      const fact = JSON.parse(line) as { ready?: boolean; bytes?: number };
      if (fact.ready === true) ready.resolve(fact.bytes ?? 0);
    });
    const [sentBytes] = await Promise.all([ready.promise, listening(port)]);
    const before = costOf(child.pid ?? 0);
    const startedAt = performance.now();
    sender.stdin.write("go\n");
    const isDone = await Promise.race([receiver.done.then(() => true), delay(RUN_MS_MAX, false, { ref: false })]);
    const seconds = (performance.now() - startedAt) / 1000;
    const cost = costOf(child.pid ?? 0);
    await end(child);
    const { missing = 0, again = 0, foreign = 0 } = await receiver.finish();
    const isRight = isDone && missing + again + foreign === 0;
    const one = { framing, name: relay.name, megabytesPerSecond: sentBytes / 1e6 / seconds, cpuSeconds: cost.cpuSeconds - before.cpuSeconds, peakBytes: cost.peakBytes, problem: isRight ? "" : `${missing} missing, ${again} twice, ${foreign} foreign` };
    process.stderr.write(`${framing} ${one.name}: ${one.problem || `${one.megabytesPerSecond.toFixed(0)} MB/s, ${one.cpuSeconds.toFixed(2)} s CPU, ${(one.peakBytes / 2 ** 20).toFixed(0)} MB`}\n`);
    return one;
  } finally {
    sender.kill("SIGKILL");
    await end(child);
    rmSync(dir, { recursive: true, force: true });
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}

/** Waits until somebody takes connections there. */
async function listening(port: number): Promise<void> {
  for (const until = performance.now() + RUN_MS_MAX; performance.now() < until; await delay(50)) {
    const socket = connect(port, "127.0.0.1");
    const isThere = await new Promise<boolean>((resolve) => socket.once("connect", () => resolve(true)).once("error", () => resolve(false)));
    socket.destroy();
    if (isThere) return delay(300); // Its first connection is behind it.
  }
  throw new Error(`nobody listens on port ${port}`);
}

function print(): void {
  console.log(`syslog over TCP, ${lines} messages; MB/s of the sender's stream, median of ${values.rounds} (each)`);
  for (const framing of ["newline", "octet_counting"]) {
    const speedOf = (name: string): number[] => measured.filter((one) => one.framing === framing && one.name === name && one.problem === "").map((one) => one.megabytesPerSecond).toSorted((left, right) => left - right);
    const median = (speeds: readonly number[]): number => speeds[Math.floor(speeds.length / 2)] ?? Number.NaN;
    const peer = median(speedOf(rsyslog.name));
    for (const { name } of relays) {
      const speeds = speedOf(name);
      const own = measured.filter((one) => one.framing === framing && one.name === name);
      const cpu = own.reduce((sum, one) => sum + one.cpuSeconds, 0) / own.length;
      const isPeer = name === rsyslog.name;
      const times = isPeer || Number.isNaN(peer) ? "" : `, ${(median(speeds) / peer).toFixed(2)} × rsyslog (bar ${BAR})`;
      console.log(`${framing.padEnd(15)} ${name.padEnd(19)} ${median(speeds).toFixed(0)} MB/s (${speeds.map((speed) => speed.toFixed(0)).join(", ")})${times}, ${((cpu / lines) * 1e6).toFixed(3)} µs CPU a message, peak ${(Math.max(...own.map((one) => one.peakBytes)) / 2 ** 20).toFixed(0)} MB${own.some((one) => one.problem !== "") ? `, ${own.find((one) => one.problem !== "")?.problem}` : ""}`);
    }
  }
  if (measured.some((one) => one.problem !== "")) process.exitCode = 5;
}
