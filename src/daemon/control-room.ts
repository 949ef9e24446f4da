// What is behind the door: the HTTP server, made of what the control plane has. It is loaded when the first visitor comes: Fastify and all it brings.
import { hostname } from "node:os";
import { fileURLToPath } from "node:url";
import { within } from "#base/within.ts";
import type { ControlParts } from "#edges/cli/agent-port.ts";
import { accessRoutes } from "#edges/http/access-routes.ts";
import type { ReadyPart } from "#edges/http/condition.ts";
import { readKeys } from "#edges/http/door.ts";
import type { Door, Room } from "#edges/http/door.ts";
import { createHttpRoom } from "#edges/http/server.ts";
import type { HttpPlan } from "#kernel/config/plan.ts";
import type { LazyStore } from "#kernel/store/open-store.ts";
import type { Controls } from "./control-table.ts";

export interface RoomParts {
  readonly parts: ControlParts;
  readonly plan: HttpPlan;
  readonly door: Door;
  readonly controls: Controls;
  readonly store: LazyStore;
}

const PAGES = fileURLToPath(new URL("../../build/ui", import.meta.url));
/** A thread may hang in a call that never returns. */
const ANSWER_MS = 5000;

export async function controlRoom({ parts: { agent, plan: agentPlan, log, version, metrics }, plan, door, controls: { table, access }, store }: RoomParts): Promise<Room> {
  return createHttpRoom({
    plan,
    port: door.port,
    log,
    version,
    table,
    keys: plan.tls === undefined ? undefined : await readKeys(plan.tls, log),
    isEachLogged: agentPlan.log.level === "debug",
    pagesDir: PAGES,
    metrics,
    ready: async () => [await pipelinesReady(agent), storeReady(store)],
    access: { authenticate: (credentials) => access.authenticate(credentials), onChange: (listener) => access.onChange(listener), routes: accessRoutes(access, { host: hostname(), version }) },
  });
}

async function pipelinesReady(agent: ControlParts["agent"]): Promise<ReadyPart> {
  const name = "pipelines";
  const reports = await within(ANSWER_MS, agent.report());
  if (reports === undefined) return { name, isReady: false, reason: "a data-plane thread does not answer" };
  const amiss = reports.filter(({ state }) => state === "starting" || state === "restarting" || state === "failed");
  return amiss.length === 0 ? { name, isReady: true } : { name, isReady: false, reason: amiss.map(({ name: pipeline, state }) => `${pipeline}: ${state}`).join(", ") };
}

function storeReady({ state }: LazyStore): ReadyPart {
  return state.state === "away" ? { name: "store", isReady: false, reason: state.why.message } : { name: "store", isReady: true };
}
