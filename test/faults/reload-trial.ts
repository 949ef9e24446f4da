// Reloads under load: a writer appends numbered lines and rotates its file, the config changes again and again, some of the new ones are wrong;
// at the end every line is in out.File once, and what did not change has not stopped.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { exitCode } from "#edges/cli/exit-codes.ts";
import { until } from "../cli/run-dure.ts";
import type { Folder } from "../cli/run-dure.ts";
import { writeRotating } from "./kill-trial.ts";
import { numbersIn } from "./numbered.ts";
import { randomNumbers } from "./random.ts";

export interface ReloadResult {
  readonly written: number;
  readonly missing: number;
  readonly again: number;
  readonly refused: number;
  readonly slowestMs: number;
}

/** One of so many is wrong. */
const WRONG_EVERY = 5;
const SETTLE_MS = 90_000;

export async function reloadTrial(here: Folder, { reloads, seed }: { reloads: number; seed: number }): Promise<ReloadResult> {
  const next = randomNumbers(seed);
  const logs = here.file("logs");
  const out = here.file("out.log");
  const buffered = here.file("buffered.log");
  mkdirSync(logs);
  // A port that is taken: a pipeline that listens there is checked, and cannot be opened.
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;

  const write = (version: number, wrong?: "syntax" | "port"): void => {
    const lines = next() < 0.5 ? [] : [{ "buffer.Lines": { lines: 300, timeout: "100ms" } }];
    // The steps' numbers change with it: so do those of the file and of the disk buffer.
    const more = next() < 0.5 ? [] : [{ "filter.Where": "r.message !== ''" }];
    const pipelines: Record<string, unknown> = {
      trial: [{ "in.FileTail": { path: here.file("logs", "app.log*"), tag: "t" } }, { "filter.Where": `true || ${version}` }, ...more, ...lines, { "out.File": { path: out, format: "lines" } }],
      buffered: [{ "in.FileTail": { path: here.file("logs", "app.log*"), tag: "t" } }, ...more, { "buffer.Size": { bytes: "256k", storage: "disk" } }, { "out.File": { path: buffered, format: "lines" } }],
      steady: [{ "in.FakeData": { type: "weblog", count: 0, rate: 200 } }, "out.Null"],
      ...(version % 2 === 1 ? { odd: [{ "in.FakeData": { type: "people", count: 0, rate: 10 } }, "out.Null"] } : {}),
      ...(wrong === "port" ? { listening: [{ "in.Forward": { port, host: "127.0.0.1" } }, "out.Null"] } : {}),
    };
    here.write("dure.yml", `${JSON.stringify({ pipelines })}${wrong === "syntax" ? " ]" : ""}`);
  };

  write(0);
  const agent = here.spawn(["run", "--lang", "en"]);
  const list = async (): Promise<{ name: string; recordsIn: number }[]> => {
    const { code, stdout } = await here.dure(["ls", "--json"]);
    return code === exitCode.done ? (JSON.parse(stdout) as { pipelines: { name: string; recordsIn: number }[] }).pipelines : [];
  };
  await until(async () => 2 <= (await list()).length, "the agent answers");
  const writing = new AbortController();
  const writer = writeRotating(logs, writing.signal, 0);
  let refused = 0;
  let slowestMs = 0;
  let steadyBefore = 0;
  for (let reload = 1; reload <= reloads; reload += 1) {
    const wrong = reload % WRONG_EVERY === 0 ? (reload % (2 * WRONG_EVERY) === 0 ? "port" : "syntax") : undefined;
    write(reload, wrong);
    const startedAt = performance.now();
    const { code, stderr } = await here.dure(["reload"]);
    if (wrong === undefined) slowestMs = Math.max(slowestMs, performance.now() - startedAt);
    else refused += 1;
    assert.equal(code, wrong === undefined ? exitCode.done : wrong === "port" ? exitCode.failed : exitCode.configInvalid, stderr);
    const steady = (await list()).find(({ name }) => name === "steady")?.recordsIn ?? 0;
    assert(steadyBefore <= steady, "what did not change went on");
    steadyBefore = steady;
  }
  writing.abort();
  const written = await writer;
  await until(() => [out, buffered].every((file) => new Set(numbersIn(file)).size === written), "all lines are there", SETTLE_MS).catch(() => {});
  agent.child.kill("SIGTERM");
  const end = await agent.ended;
  assert.equal(end.code, exitCode.terminated, end.stderr.slice(-4000));
  taken.close();
  const arrived = [out, buffered].map(numbersIn);
  const distinct = arrived.reduce((sum, numbers) => sum + new Set(numbers).size, 0);
  return { written, missing: arrived.length * written - distinct, again: arrived.flat().length - distinct, refused, slowestMs };
}
