// EventFlow's console and its HTTP API, and the old operator's WebSocket, beside the agent's own edges: bare listening sockets, until somebody comes. The console is as the config said at the start;
// the API goes on and off with `process_settings: old_api`, as its `flask run` did.
import { isDeepStrictEqual } from "node:util";
import type { ConsoleDoor } from "#edges/console/console-door.ts";
import type { OldApi } from "#edges/http/old-api/old-server.ts";
import type { CookiePlace } from "#edges/http/session-cookie.ts";
import type { ManagementSocket } from "#edges/operator/management-socket.ts";
import type { OperatorPlan } from "#kernel/config/jobs-plan.ts";
import type { ProcessesPlan } from "#kernel/config/process-plan.ts";
import type { Log } from "#sdk/plugin.ts";
import type { Controls } from "./control-table.ts";

export interface OldEdgesParts {
  readonly log: Log;
  plan(): ProcessesPlan;
  /** As it was at the start. */
  readonly operator: OperatorPlan | undefined;
  /** Of the dashboard. */
  readonly cookiePlace: CookiePlace;
  controls(): Promise<Controls>;
}

export interface OldEdges {
  /** The config has changed, perhaps. */
  apply(): Promise<void>;
  /** The old operator's WebSocket is to be there, or not: `start management`, `stop management`. */
  switchManagement(isOn: boolean): Promise<void>;
  close(): Promise<void>;
}

export async function openOldEdges({ log, plan, operator, cookiePlace, controls }: OldEdgesParts): Promise<OldEdges> {
  let api: OldApi | undefined;
  let served: ProcessesPlan["settings"]["oldApi"] | undefined;
  let isEnding = false;
  const applyNow = async (): Promise<void> => {
    const wanted = plan().settings.oldApi;
    if (isEnding || (isDeepStrictEqual(wanted, served) && (!wanted.isOn || api?.shutdownCode() !== undefined))) return;
    served = wanted;
    await api?.close();
    api = undefined;
    if (!wanted.isOn) return;
    const { openOldApi } = await import("#edges/http/old-api/old-server.ts");
    api = await openOldApi({ plan: wanted, log, lead: controls }).catch(said(log));
  };
  let last = Promise.resolve();
  const apply = (): Promise<void> => (last = last.then(applyNow)); // One after the other.
  const { console: consolePlan } = plan();
  let door: ConsoleDoor | undefined;
  if (consolePlan !== undefined) {
    const { openConsole } = await import("#edges/console/console-door.ts");
    door = await openConsole({ plan: consolePlan, log, lead: controls, shutdownCode: () => api?.shutdownCode(), stopAgent: async (caller) => (await controls()).stopAgent(caller) }).catch(said(log));
  }
  let management: ManagementSocket | undefined;
  let switching = Promise.resolve();
  const switchManagementNow = async (isOn: boolean): Promise<void> => {
    const before = management;
    if (operator?.websocket === undefined || (isOn && isEnding) || isOn === (before !== undefined)) return;
    management = undefined;
    await before?.close();
    if (!isOn) return;
    const { openManagementSocket } = await import("#edges/operator/management-socket.ts");
    management = await openManagementSocket({ plan: operator.websocket, log, cookiePlace, lead: controls }).catch((error: unknown) => void log.error("the old operator's WebSocket cannot be reached", { error }));
  };
  const switchManagement = (isOn: boolean): Promise<void> => (switching = switching.then(() => switchManagementNow(isOn))); // One after the other.
  await switchManagement(true);
  await apply();
  return {
    apply,
    switchManagement,
    async close() {
      isEnding = true;
      await Promise.all([last, switching]);
      await Promise.all([door?.close(), api?.close(), management?.close()]);
    },
  };
}

/** That nobody can come in here is no reason for an agent not to run. */
function said(log: Log): (error: unknown) => undefined {
  return (error) => void log.error("EventFlow's console or HTTP API cannot be reached", { error });
}
