// The control plane of a running agent: who asks, through which edge, is answered by the one command table. It is loaded into every agent,
// asked or not: what takes memory is loaded when the first one asks.
import { join } from "node:path";
import type { ConfigEditor } from "#capabilities/config/config-editor.ts";
import { History } from "#capabilities/pipelines/history.ts";
import { keepLooking } from "#capabilities/pipelines/look.ts";
import type { Looks } from "#capabilities/pipelines/look.ts";
import { PipelineEvents } from "#capabilities/pipelines/pipeline-events.ts";
import type { AgentFacts } from "#capabilities/agent/commands.ts";
import type { EventsPort } from "#capabilities/events/commands.ts";
import type { LogsPort } from "#capabilities/logs/commands.ts";
import type { ControlParts, ControlPlane } from "#edges/cli/agent-port.ts";
import { controlAddress, serveControl } from "#kernel/control-socket.ts";
import type { ControlServer } from "#kernel/control-socket.ts";
import { createEventHub } from "#kernel/events/event-hub.ts";
import type { EventHub } from "#kernel/events/event-hub.ts";
import { keepEvents } from "#kernel/events/event-log.ts";
import { keepLogLines } from "#kernel/log-store/log-store.ts";
import { agentIdOrNew } from "#kernel/store/agent-id.ts";
import { keptIds } from "#kernel/store/kept-ids.ts";
import { lazyStore } from "#kernel/store/open-store.ts";
import type { LazyStore } from "#kernel/store/open-store.ts";
import type { Controls } from "./control-table.ts";
import type { OldEdges } from "./old-edges.ts";
import { eventOutbox } from "./event-outbox.ts";
import { openStore, storeTables } from "./store-backend.ts";

/** What is made here and commands want to know. */
export interface ControlFacts {
  readonly looks: Looks;
  readonly history: History;
  readonly store: LazyStore;
  /** Whose rows in the store are this agent's. */
  readonly agentId: string;
  readonly events: EventHub;
  readonly pastEvents: EventsPort;
  readonly logLines: LogsPort;
  readonly editor: ConfigEditor;
  facts(): AgentFacts;
}

/** A start is not disturbed by keeping its config as a revision, which takes a process that is larger than the agent. Whoever asks earlier has it kept at once. */
const KEEP_AFTER_MS = 30_000;

/** So many ids are left out at most after a crash. */
const EVENT_IDS_AHEAD = 100;
const LOG_IDS_AHEAD = 1000;
const LOG_LINES_MAX = 200_000;

export async function startControlPlane(parts: ControlParts): Promise<ControlPlane> {
  const { agent, plan, log, recent, version, config } = parts;
  const startedAtMs = Date.now();
  const events = createEventHub();
  const [history, told] = [new History(), new PipelineEvents((name, data) => events.publish(name, data))];
  const looks = keepLooking({
    report: () => agent.report(),
    onLook({ atMs, pipelines }) {
      history.add(atMs, pipelines);
      told.look(atMs, pipelines);
    },
  });
  const facts = (): AgentFacts => {
    const { rss, heapUsed } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    const { configFile, dataDir, threads, pipelines, store } = plan;
    return { version, pid: process.pid, startedAtMs, configFile, dataDir, threads, pipelines: pipelines.length, residentBytes: rss, heapBytes: heapUsed, cpuSeconds: (user + system) / 1e6, store: store.type, ...(parts.door === undefined ? {} : { address: parts.door.address }) };
  };
  const agentId = agentIdOrNew(plan.dataDir, log);
  const store = lazyStore({ plan: plan.store, migrations: storeTables, log, open: (storePlan, options) => openStore(storePlan, log, options) });
  const outbox = eventOutbox({ store, agentId, jobs: agent.jobs, log });
  const eventLog = keepEvents({ hub: events, ids: keptIds(join(plan.dataDir, "event-ids"), log, EVENT_IDS_AHEAD), store, agent: agentId, log, outbox });
  const { logLinesMax: linesMax = LOG_LINES_MAX } = plan.store;
  const logLines = keepLogLines({ records: (listener) => recent.follow(listener), ids: keptIds(join(plan.dataDir, "log-ids"), log, LOG_IDS_AHEAD), store, agent: agentId, linesMax });
  events.publish("agent.started", { version, pid: process.pid, pipelines: plan.pipelines.length });
  const unfollow = agent.follow((report) => told.state(report));
  const unfollowProcesses = agent.processes.follow({
    event: ({ name, data }) => void events.publish(name, data),
    alert: ({ process: name, message, event }) => void events.publish("process.alert", { process: name, message, event }),
    state: () => {},
  });
  let old: Promise<OldEdges> | undefined;
  const unfollowJobs = agent.jobs.follow(({ name, data }) => {
    events.publish(name, data as never);
    if (name === "management.started" || name === "management.stopped") void old?.then((edges) => edges.switchManagement(name === "management.started"));
  });
  let making: Promise<ConfigEditor> | undefined;
  const makeEditor = async (): Promise<ConfigEditor> => {
    const [{ ConfigEditor }, { revisionBook }] = await Promise.all([import("#capabilities/config/config-editor.ts"), import("#capabilities/config/revisions.ts")]);
    return new ConfigEditor({ config, book: revisionBook(store.get, () => agentId), events });
  };
  const editor = (): Promise<ConfigEditor> => (making ??= makeEditor());
  let isEnding = false;
  const unfollowConfig = config.follow(async (fact) => (await editor()).hear(fact, () => isEnding));
  const keeping = setTimeout(() => void editor().then((made) => made.keepStarted()), KEEP_AFTER_MS).unref();
  let loading: Promise<Controls> | undefined;
  const controls = (): Promise<Controls> => (loading ??= Promise.all([import("./control-table.ts"), editor()]).then(([{ controlTable }, made]) => controlTable(parts, { editor: made, looks, history, facts, store, agentId, events, pastEvents: eventLog, logLines })));
  const socket = await openSocket(parts, async (method, call) => {
    const [{ table }, { localCaller }] = await Promise.all([controls(), import("#kernel/access/local-caller.ts")]);
    if (method === "programs.upload" && typeof call.params["path"] === "string") return (await import("./local-upload.ts")).localUpload(table, call, localCaller()); // Few agents are ever given one.
    return table.call(method, call.params, localCaller(), call);
  });
  const { door } = parts;
  const { http } = plan;
  if (door !== undefined && http !== null) {
    door.lead(async () => (await import("./control-room.ts")).controlRoom({ parts, plan: http, door, controls: await controls(), store }));
    log.info("the dashboard and the API are here", { address: door.address });
  }
  const openOld = async (): Promise<void> => {
    const { console: consolePlan, settings } = agent.processes.plan;
    const operator = agent.jobs.plan?.operator;
    if (old === undefined && consolePlan === undefined && !settings.oldApi.isOn && operator?.websocket === undefined) return; // Most agents have none of them.
    old ??= import("./old-edges.ts").then(({ openOldEdges }) => openOldEdges({ log, plan: () => agent.processes.plan, operator, cookiePlace: { port: parts.door?.port ?? 0, isSecure: plan.http?.tls !== undefined }, controls }));
    await (await old).apply();
  };
  const unfollowOld = config.follow(async () => void openOld()); // Whoever asks for it there waits for his answer.
  await openOld();
  return {
    async close() {
      isEnding = true;
      unfollowOld();
      await (await old)?.close();
      unfollow();
      unfollowProcesses();
      unfollowJobs();
      clearTimeout(keeping);
      unfollowConfig();
      looks.close();
      await socket?.close();
      events.publish("agent.ended", { seconds: Math.round((Date.now() - startedAtMs) / 1000) });
      await Promise.all([loading?.then((made) => made.close()).catch(() => {}), eventLog.close()]); // The store is away, or it was never loaded.
      await outbox.close();
      await logLines.close();
      await store.close();
      log.debug("the control plane has ended");
    },
  };
}

/** That nobody can ask is no reason for an agent not to run: it is said. */
async function openSocket({ plan, log }: ControlParts, handler: Parameters<typeof serveControl>[1]): Promise<ControlServer | undefined> {
  try {
    return await serveControl(controlAddress(plan.pidFile), handler);
  } catch (error) {
    log.warn("the control socket cannot be opened; `dure ls`, `tap` and `top` will not find this agent", { error });
    return undefined;
  }
}
