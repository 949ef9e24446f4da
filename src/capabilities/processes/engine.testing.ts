// An engine with real children, as tests of this folder use it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ChildRecords } from "#base/child/child-records.ts";
import { systemClock } from "#base/clock.ts";
import type { ProcessesPlan } from "#kernel/config/process-plan.ts";
import { ProcessTypes } from "#kernel/process-types.ts";
import { builtInProcessTypes } from "#plugins/all.ts";
import type { Log } from "#sdk/plugin.ts";
import { Engine } from "./engine.ts";
import { openFlows } from "./flows/open-flows.ts";
import { endLeftOverProcesses } from "./left-over-processes.ts";
import type { ProcessEvent, ProcessStatus } from "./processes.ts";

export interface EngineStage extends AsyncDisposable {
  readonly engine: Engine;
  readonly dir: string;
  readonly events: ProcessEvent[];
  /** Ends the engine, as a stop of the agent does, and begins another in the same folder. */
  again(plan: ProcessesPlan): Promise<EngineStage>;
  status(name: string): Promise<ProcessStatus>;
  /** Waits until it is so. */
  until(name: string, isSo: (status: ProcessStatus) => boolean): Promise<ProcessStatus>;
}

const WAIT_MS = 60_000;
const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

export async function engineStage(plan: ProcessesPlan, given?: string): Promise<EngineStage> {
  const dir = given ?? mkdtempSync(join(tmpdir(), "dure-engine-"));
  const events: ProcessEvent[] = [];
  const own: ProcessesPlan = { ...plan, settings: { ...plan.settings, workDir: join(dir, "work") } };
  const holderPrefix = `${dir}/holder/`;
  const holderMark = `${holderPrefix}${process.pid}`;
  const flows = await openFlows({ plan: own, dir: join(dir, "flows"), holderMark, clock: systemClock, log: silent, onAlert: () => {}, onFact: (name, data) => events.push({ name, data }) });
  const markPrefix = `${dir}/process/`;
  const records = new ChildRecords(join(dir, "children"), () => {});
  const engine = new Engine({ plan: own, env: process.env, dir, configDir: dir, markPrefix, records, clock: systemClock, log: silent, flows, types: new ProcessTypes(builtInProcessTypes), news: { event: (event) => events.push(event), alert: () => {}, state: () => {} } });
  await endLeftOverProcesses({ markPrefix, holderPrefix, holderMark, records, flows, log: silent });
  await engine.begin();
  let hasEnded = false;
  const end = async (): Promise<void> => {
    if (hasEnded) return;
    hasEnded = true;
    await engine.end();
    await flows.close();
    records.close();
  };
  const status = async (name: string): Promise<ProcessStatus> => {
    const found = (await engine.list()).find((each) => each.name === name);
    if (found === undefined) throw new Error(`there is no process ${name}`);
    return found;
  };
  return {
    engine,
    dir,
    events,
    status,
    async until(name, isSo) {
      const begin = performance.now();
      for (;;) {
        const now = await status(name);
        if (isSo(now)) return now;
        if (WAIT_MS < performance.now() - begin) throw new Error(`${name} is not so after ${WAIT_MS} ms: ${JSON.stringify(now)}`);
        await delay(5);
      }
    },
    async again(next) {
      await end();
      return engineStage(next, dir);
    },
    async [Symbol.asyncDispose]() {
      await end();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
