// The thread of the jobs: wires their engine, answers the main thread, tells it what happens. Nothing else of the agent lives here.
import { hostname } from "node:os";
import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import { assert } from "#base/assert.ts";
import { systemClock } from "#base/clock.ts";
import { toError } from "#base/errors.ts";
import { setLang } from "#base/lang.ts";
import { within } from "#base/within.ts";
import { Engine } from "#capabilities/jobs/engine.ts";
import { hasPythonRules, pythonWorker } from "#capabilities/jobs/worker/python-command.ts";
import { nodeWorker } from "#capabilities/jobs/worker/worker-command.ts";
import type { WorkerPrograms } from "#capabilities/jobs/worker.ts";
import { failureFacts, isUnforeseen } from "#kernel/commands/failure.ts";
import type { JobsPlan, RabbitMqPlan } from "#kernel/config/jobs-plan.ts";
import type { NotifierPlan } from "#kernel/config/notifiers-plan.ts";
import { openEmbeddedQueue } from "#plugins/queues/embedded.ts";
import { agentIdOrNew } from "#kernel/store/agent-id.ts";
import type { Notifier } from "#sdk/notifier.ts";
import type { Log } from "#sdk/plugin.ts";
import type { Queue } from "#sdk/queue.ts";
import type { FromJobsThread, JobsThreadData, ToJobsThread } from "./jobs-messages.ts";
import { stepChildren } from "./left-over-children.ts";
import { plainFields } from "./plain-fields.ts";
import { sharedStore } from "./shared-store.ts";

/** One that does not answer keeps no agent from ending. */
const STORE_CLOSE_MS = 3000;
const port = parentPort;
assert(port !== null, "runs as a worker thread");
const { plan, dataDir, pidFile, store: storePlan, run, lang } = workerData as JobsThreadData;
setLang(lang);

const tell = (message: FromJobsThread): void => port.postMessage(message);
const at = (level: "debug" | "info" | "warn" | "error") => (message: string, fields: Record<string, unknown> = {}) => tell({ type: "log", level, message, fields: plainFields(fields) });
const hasBegun = Promise.withResolvers<void>();
// Loaded only here: most agents have no old operator to stand for.
const operator = plan.operator === undefined ? undefined : (await import("#capabilities/jobs/operator/old-operator.ts")).openOldOperator({
  plan: plan.operator,
  dataBytesMax: plan.limits.dataBytesMax,
  now: () => systemClock.now(),
  log: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") },
  manage: async (order) => {
    await hasBegun.promise; // What waits at the broker would be told that there are no workers.
    return engine.manage(order);
  },
  end: () => tell({ type: "end wanted" }),
});
const log: Log = operator?.log ?? { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };

// What a killed agent left may still run what this one is about to lease.
const children = stepChildren({ dataDir, pidFile, run, log });
await children.begin();
const store = await openEmbeddedQueue({ file: join(dataDir, "jobs", "jobs.db"), queuedMax: plan.limits.queuedMax, keepMs: plan.keepMs, keepMax: plan.keepMax });
const broker = plan.queue.type === "embedded" ? undefined : await openBroker(plan.queue);
const shared = sharedStore(storePlan, log);
const engine = new Engine({ plan, store, broker, sharedStore: shared?.get, programs, openNotifier: openNotice, name: `${hostname()}/${process.pid}`, schedulesFile: join(dataDir, "jobs", "schedules.json"), clock: systemClock, log, event: (event) => tell({ type: "event", event }), ended: (ended) => operator?.ended(ended) });
let ending: Promise<void> | undefined;

port.on("message", (message: ToJobsThread) => {
  if (message.type === "call") void answer(message);
  else if (message.type === "drain") ending ??= end(message.waitMs);
  else void engine.abort();
});
try {
  await engine.begin();
  const { rules, problems } = await engine.rules();
  log.info("jobs begun", { workers: plan.workers, slots: plan.slots, rules: rules.length, problems: problems.length });
  tell({ type: "begun" });
} catch (error) {
  log.error("the jobs cannot begin", { error });
  tell({ type: "begun", problem: toError(error).message });
}
hasBegun.resolve();

/** Loaded only here: most agents have none. */
async function openBroker(queue: RabbitMqPlan): Promise<Queue> {
  const { openRabbitMqQueue } = await import("#plugins/queues/rabbitmq.ts");
  return openRabbitMqQueue({ ...queue, agentId: agentIdOrNew(dataDir, log), intakes: operator?.intakes ?? [], ...(operator?.management === undefined ? {} : { management: operator.management }), onAnswer: (id, outcome) => store.recordAnswer(id, outcome), lossesOf: (id) => store.lossesOf(id) });
}

/** Loaded only here: most agents tell nobody. */
async function openNotice({ target, timeoutMs, concurrency }: NotifierPlan): Promise<Notifier> {
  const { openNotifier } = await import("#plugins/notifiers/all.ts");
  return openNotifier(target, { clock: systemClock, log, timeoutMs, concurrency });
}

function programs(given: JobsPlan): WorkerPrograms {
  return { node: nodeWorker(given), python: hasPythonRules(given.rulesDir) ? pythonWorker(given) : undefined };
}

async function answer({ id, method, args }: Extract<ToJobsThread, { type: "call" }>): Promise<void> {
  try {
    const call = engine[method] as (...given: unknown[]) => Promise<unknown>;
    tell({ type: "done", id, answer: await call.apply(engine, [...args]) });
  } catch (thrown) {
    if (isUnforeseen(thrown)) log.error("what the jobs were asked to do failed", { asked: method, error: thrown });
    tell({ type: "not done", id, failure: failureFacts(thrown) });
  }
}

async function end(waitMs: number): Promise<void> {
  await engine.end(waitMs);
  await within(STORE_CLOSE_MS, shared?.close() ?? Promise.resolve());
  await operator?.close();
  children.end();
  port?.close();
}
