// Jobs for tests: an engine with a rules folder, a queue and workers of its own, all of it gone with the test.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { systemClock } from "#base/clock.ts";
import type { JobsPlan } from "#kernel/config/jobs-plan.ts";
import { openNotifier } from "#plugins/notifiers/all.ts";
import { openEmbeddedQueue } from "#plugins/queues/embedded.ts";
import type { JobRecord } from "#sdk/job-store.ts";
import type { NewJob, Queue } from "#sdk/queue.ts";
import type { Store } from "#sdk/store.ts";
import { Engine } from "./engine.ts";
import type { JobEvent } from "./jobs.ts";
import { hasPythonRules, pythonWorker } from "./worker/python-command.ts";
import { nodeWorker } from "./worker/worker-command.ts";

/** What is waited for comes within this, however busy the machine is. */
export const WAIT_MS = 60_000;

const QUIET = { debug() {}, info() {}, warn() {}, error() {} };

interface Wanted extends Partial<Omit<NewJob, "data">> {
  readonly rule: string;
  readonly data?: unknown;
}

/** A plan that fits a test; what it is about is given. */
export function jobsPlan(given: Pick<JobsPlan, "rulesDir"> & Partial<JobsPlan>): JobsPlan {
  return {
    queue: { type: "embedded" },
    workers: 1,
    slots: 5,
    limits: { workersMax: 10, slotsMax: 100, queuedMax: 1000, dataBytesMax: 1 << 20, resultBytesMax: 1 << 20 },
    timeoutMs: 30_000,
    killAfterMs: 1000,
    loadTimeoutMs: 30_000,
    attempts: 1,
    backoff: { firstMs: 10, mostMs: 100 },
    poisonAfter: 3,
    concurrency: null,
    rate: null,
    watcher: { isOn: true, intervalMs: 5000 },
    recycle: { jobs: null, memoryBytes: null },
    keepMs: 1e9,
    keepMax: 1e6,
    python: "python3",
    env: {},
    schedules: [],
    notifiers: [],
    place: { file: "dure.yml", line: 1, column: 1 },
    ...given,
  };
}

/** A rules folder: paths within it and what they hold. What begins with `#!` can be run. */
export function writeRules(dir: string, files: Readonly<Record<string, string>>): void {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, file)), { recursive: true });
    writeFileSync(join(dir, file), text, { mode: text.startsWith("#!") ? 0o755 : 0o644 });
  }
}

/** Looks again until it is so. */
export async function until(isSo: () => boolean | Promise<boolean>, what = "what is waited for"): Promise<void> {
  for (const end = performance.now() + WAIT_MS; !(await isSo()); await new Promise((go) => setTimeout(go, 5))) assert.ok(performance.now() < end, `not so: ${what}`);
}

/** `broker`: jobs come from there. `sharedStore`: keys and schedules are all agents' that have it. */
export async function startEngine(files: Readonly<Record<string, string>>, given: Partial<JobsPlan> = {}, { broker, sharedStore }: { readonly broker?: Queue; readonly sharedStore?: () => Promise<Store> } = {}) {
  const dir = mkdtempSync(join(tmpdir(), "dure-jobs-"));
  const rulesDir = join(dir, "rules");
  writeRules(rulesDir, files);
  const plan = jobsPlan({ rulesDir, ...given });
  const file = join(dir, "jobs.db");
  const events: JobEvent[] = [];
  const engine = new Engine({
    plan,
    store: await openEmbeddedQueue({ file }),
    broker,
    sharedStore,
    programs: (now) => ({ node: nodeWorker(now), python: hasPythonRules(now.rulesDir) ? pythonWorker(now) : undefined }),
    openNotifier: ({ target, timeoutMs, concurrency }) => openNotifier(target, { clock: systemClock, log: QUIET, timeoutMs, concurrency }),
    name: "test",
    schedulesFile: join(dir, "schedules.json"),
    clock: systemClock,
    log: QUIET,
    event: (event) => void events.push(event),
    ended() {},
  });
  await engine.begin();
  const submit = async (jobs: readonly Wanted[]): Promise<readonly string[]> => (await engine.submit(jobs.map(({ data = {}, ...job }) => ({ from: "test", ...job, data: JSON.stringify(data) })))).map(({ id }) => id);
  return {
    engine,
    file,
    plan,
    rulesDir,
    events,
    submit,
    async run(rule: string, data: unknown = {}): Promise<JobRecord> {
      const [id = ""] = await submit([{ rule, data }]);
      return engine.wait(id, WAIT_MS);
    },
    /** What the rules have noted in `ran.txt` beside their folder. */
    ran: (): readonly string[] => {
      try {
        return readFileSync(join(dir, "ran.txt"), "utf8").split("\n").filter((word) => word !== "");
      } catch {
        return [];
      }
    },
    async [Symbol.asyncDispose]() {
      await engine.abort();
      await engine.end(0).catch(() => {});
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
