// The thread of the processes: wires their engine, answers the main thread, tells it what happens. Nothing else of the agent lives here.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { once } from "node:events";
import { parentPort, workerData } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { assert } from "#base/assert.ts";
import { ChildRecords } from "#base/child/child-records.ts";
import { systemClock } from "#base/clock.ts";
import { collectEarly, collectNow } from "#base/early-gc.ts";
import { setLang } from "#base/lang.ts";
import type { Log } from "#sdk/plugin.ts";
import { failureFacts, isUnforeseen } from "#kernel/commands/failure.ts";
import { ProcessTypes } from "#kernel/process-types.ts";
import { agentIdOrNew } from "#kernel/store/agent-id.ts";
import { AlertOutbox } from "#capabilities/processes/alert-outbox.ts";
import { Engine } from "#capabilities/processes/engine.ts";
import { endLeftOverProcesses } from "#capabilities/processes/left-over-processes.ts";
import { openFlows } from "#capabilities/processes/flows/open-flows.ts";
import { builtInProcessTypes } from "#plugins/all.ts";
import { plainFields } from "./plain-fields.ts";
import { serveLink } from "./process-link-server.ts";
import type { FromProcessThread, ProcessThreadData, ToProcessThread } from "./process-messages.ts";

const port = parentPort;
assert(port !== null, "runs as a worker thread");
const { plan, dataDir, configDir, lang } = await begun(workerData as MessagePort);
setLang(lang);

const tell = (message: FromProcessThread): void => port.postMessage(message);
const at = (level: "debug" | "info" | "warn" | "error") => (message: string, fields: Record<string, unknown> = {}) => tell({ type: "log", level, message, fields: plainFields(fields) });
const log: Log = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };

/** Lines are told together: a process may print a million of them a second. */
const LINES_EVERY_MS = 50;
/** Of those of one turn, the last so many: nobody reads more. */
const LINES_MAX = 1000;
/** What was ended by force is gone by then. */
const STUCK_AFTER_MS = 2000;
const watching = new Map<number, () => void>();

const dir = join(dataDir, "processes");
mkdirSync(dir, { recursive: true });
/** There when the engine is: it knows where alerts go. */
const outbox = Promise.withResolvers<AlertOutbox>();
const agentId = agentIdOrNew(dataDir, log);
const holderPrefix = `${agentId}/holder/`;
const holderMark = `${holderPrefix}${process.pid}`;
const flows = await openFlows({
  plan,
  dir: join(dir, "flows"),
  holderMark,
  clock: systemClock,
  log,
  onAlert(alert) {
    void outbox.promise.then((made) => made.add(alert));
    tell({ type: "alert", alert });
  },
  onFact: (name, data) => tell({ type: "event", event: { name, data } }),
});
const markPrefix = `${agentId}/process/`;
const records = new ChildRecords(join(dir, "children"), (error) => log.warn("which children run cannot be recorded", { error }));
const engine = new Engine({
  plan,
  dir,
  configDir,
  env: { ...process.env }, // Each read of the real one asks the system.
  markPrefix,
  records,
  clock: systemClock,
  log,
  flows,
  types: new ProcessTypes(builtInProcessTypes, join(configDir, "plugins")),
  news: {
    event: (event) => tell({ type: "event", event }),
    alert: (alert) => tell({ type: "alert", alert }),
    state: (status) => tell({ type: "state", status }),
  },
});

outbox.resolve(new AlertOutbox({ dir: join(dir, "alerts"), clock: systemClock, log, announcer: () => engine.settings.announcer }));

const isFinished = Promise.withResolvers<void>();
/** Said when an end takes too long. */
let waitsFor = "nothing";
let ending: Promise<void> | undefined;
port.on("message", (message: ToProcessThread) => {
  if (message.type === "call") return void answer(message);
  if (message.type === "watch") return watch(message);
  if (message.type === "unwatch") return unwatch(message.id);
  if (message.type === "join") return serveLink(message.port, flows, (name, signal) => engine.whenKnown(name, signal));
  if (message.type === "finish") return isFinished.resolve();
  if (message.type === "abort") abort();
  ending ??= end();
});
await endLeftOverProcesses({ markPrefix, holderPrefix, holderMark, records, flows, log });
await engine.begin();
log.info("processes begun", { processes: plan.processes.length });
tell({ type: "begun" });
collectEarly();
setTimeout(collectNow, 3000).unref();

/** Ends all by force. Whoever looks for why that is not enough finds it in the log. */
function abort(): void {
  void engine.abort();
  setTimeout(() => log.warn("the processes have not ended yet", { waitsFor, processes: engine.unended() }), STUCK_AFTER_MS).unref();
}

/** The thread may have been made before there was a plan. */
async function begun(from: MessagePort): Promise<ProcessThreadData> {
  const [data] = await once(from, "message");
  from.close();
  return data as ProcessThreadData;
}

async function answer({ id, method, args }: Extract<ToProcessThread, { type: "call" }>): Promise<void> {
  try {
    const call = engine[method] as (...given: unknown[]) => Promise<unknown>;
    tell({ type: "done", id, answer: await call.apply(engine, [...args]) });
  } catch (thrown) {
    if (isUnforeseen(thrown)) log.error("what the processes were asked to do failed", { asked: method, error: thrown });
    tell({ type: "not done", id, failure: failureFacts(thrown) });
  }
}

function watch({ id, process: name }: Extract<ToProcessThread, { type: "watch" }>): void {
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    timer = undefined;
    tell({ type: "lines", id, lines: lines.take() });
  };
  const lines = flows.watchLines(name, LINES_MAX, () => (timer ??= setTimeout(flush, LINES_EVERY_MS)));
  watching.set(id, () => {
    clearTimeout(timer);
    lines.close();
  });
}

function unwatch(id: number): void {
  watching.get(id)?.();
  watching.delete(id);
}

async function end(): Promise<void> {
  waitsFor = "processes";
  await engine.end();
  waitsFor = "pipelines that give or take events";
  await isFinished.promise;
  waitsFor = "queues";
  await flows.close();
  waitsFor = "alerts under way";
  await (await outbox.promise).close();
  records.close();
  for (const id of watching.keys()) unwatch(id);
  port?.close();
}
