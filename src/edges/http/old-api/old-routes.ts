// The routes of EventFlow's HTTP API, under `/api/v1/`. Each says in its own words what the console says in lines: both stand on the same functions.
import { CommandFailure, failureFacts, failureStatus } from "#kernel/commands/failure.ts";
import { reasonOf } from "../../console/old-answers.ts";
import type { OldCaller, OldResult, OldRow } from "../../console/old-answers.ts";
import * as changes from "../../console/old-changes.ts";
import * as lists from "../../console/old-lists.ts";
import { filterOf, itemsOf, manyOf, textOf } from "./old-bodies.ts";
import type { Given } from "./old-bodies.ts";

export interface OldRequest {
  readonly method: string;
  /** Behind `/api/v1/`, decoded: ["tasks", "etl", "status"]. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  /** Parsed JSON; undefined: none. */
  readonly body: unknown;
}

export interface OldAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, readonly OldRow[]>>;
}

/** Never rejects. */
export async function answerOld(call: OldCaller, request: OldRequest): Promise<OldAnswer> {
  try {
    const { path: [noun = "", name, ...rest], method } = request;
    const key = `${method} ${[noun, ...(name === undefined ? [] : ["*"]), ...rest].join("/")}`;
    const route = Object.hasOwn(routes, key) ? routes[key] : undefined;
    if (route === undefined) throw noRoute(request);
    const answer = await route(call, request, name ?? "");
    return { status: 200, body: answer };
  } catch (error) {
    return { status: failureStatus[failureFacts(error).code], body: results([{ isDone: false, message: reasonOf(error) }]) };
  }
}

type Route = (call: OldCaller, request: OldRequest, name: string) => Promise<OldAnswer["body"]>;

export function results(made: readonly OldResult[]): OldAnswer["body"] {
  return { RESULTS: made.map(({ isDone, message }) => ({ RESULT: isDone ? "OK" : "NOK", MESSAGE: message })) };
}

/** Each item by itself: one that is incomplete says so, and the others are done. */
async function eachItem(request: OldRequest, list: string, does: (item: Given) => Promise<readonly OldResult[]>): Promise<OldAnswer["body"]> {
  const made: OldResult[] = [];
  for (const item of itemsOf(request.body, list)) {
    try {
      made.push(...(await does(item)));
    } catch (error) {
      made.push({ isDone: false, message: reasonOf(error) });
    }
  }
  return results(made);
}

const only = (rows: readonly OldRow[], name: string): OldRow[] => {
  const found = rows.filter((row) => row["NAME"] === name);
  if (found.length === 0) throw new CommandFailure("NOT_FOUND", { message: `there is no task \`${name}\``, ko: { message: `\`${name}\` 태스크가 없습니다` } });
  return found;
};

const flowOf = (item: Given): changes.OldFlow => ({ type: textOf(item, "FLOW_TYPE"), from: manyOf(item, "FLOW_FROM"), to: manyOf(item, "FLOW_TO") });
const groupOf = (item: Given, areTasksNeeded: boolean): changes.OldGroup => ({ groups: manyOf(item, "GROUP"), tasks: areTasksNeeded || item["TASK"] !== undefined ? manyOf(item, "TASK") : [] });

const verbOf = (item: Given): "act" | "trm" => {
  const status = textOf(item, "STATUS").toLowerCase();
  if (status === "act" || status === "trm") return status;
  throw new CommandFailure("INVALID", { message: "STATUS is `act` or `trm`", ko: { message: "STATUS에는 `act`나 `trm`을 쓰세요" } });
};

const routes: Readonly<Record<string, Route>> = {
  "GET configs": async (call, request) => ({ CONFIGS: lists.filtered(await lists.configs(call), filterOf(request, { KEY: "KEY", CHANGEABLE: "CHANGEABLE" })) }),
  "PUT configs": (call, request) => eachItem(request, "CONFIGS", (item) => changes.setConfigs(call, [{ key: textOf(item, "KEY"), value: textOf(item, "VALUE") }])),

  "GET tasks": async (call, request) => ({ TASKS: lists.filtered(await lists.tasks(call), filterOf(request, { TASK: "NAME", NAME: "NAME", TYPE: "TYPE", STATUS: "STATUS", "ACT-STATUS": "ACT-STATUS", PID: "PID" })) }),
  "POST tasks": (call, request) =>
    eachItem(request, "TASKS", (item) => {
      const file = item["FILE_NAME"] === undefined && item["ENC_DATA"] === undefined ? {} : { upload: { fileName: textOf(item, "FILE_NAME"), base64: textOf(item, "ENC_DATA") } };
      return changes.setTasks(call, [{ type: textOf(item, "TYPE"), name: textOf(item, "NAME"), command: item["COMMAND"] === undefined ? "" : textOf(item, "COMMAND"), ...file }]);
    }),
  "GET tasks/*": async (call, _, name) => ({ TASKS: only(await lists.tasks(call), name) }),
  "DELETE tasks/*": async (call, _, name) => results(await changes.deleteTasks(call, [name])),
  "GET tasks/*/status": async (call, _, name) => ({ STATUS: only(await lists.oneStatus(call, name), name) }),
  "PUT tasks/*/status": async (call, { body }, name) => results(await (verbOf(bodyOf(body)) === "act" ? changes.act : changes.trm)(call, [name])),
  "DELETE tasks/*/queue": async (call, _, name) => results(await changes.clearQueues(call, [name])),
  "GET tasks/*/queue/stdin": async (call, _, name) => ({ QUEUES: only(await lists.queues(call), name) }),
  "PUT tasks/*/queue/stdin": async (call, { body }, name) => results([await changes.sendTo(call, name, textOf(bodyOf(body), "MESSAGE"))]),
  "GET tasks/*/ready": async (call, _, name) => ({ READY: only(await lists.ready(call), name) }),

  "GET flows": async (call, request) => ({ FLOWS: lists.filtered(await lists.flows(call), filterOf(request, { FLOW_TYPE: "FLOW_TYPE", FLOW_FROM: "FLOW_FROM", FLOW_TO: "FLOW_TO" })) }),
  "POST flows": (call, request) => eachItem(request, "FLOWS", (item) => changes.setFlows(call, [flowOf(item)])),
  "DELETE flows": (call, request) => eachItem(request, "FLOWS", (item) => changes.deleteFlows(call, [flowOf(item)])),

  async "GET groups"(call, request) {
    const { GROUP_NAME = [], TASK = [] } = filterOf(request, { GROUP: "GROUP_NAME", GROUP_NAME: "GROUP_NAME", TASK: "TASK" });
    return { GROUPS: lists.groupsWith(await lists.groups(call), GROUP_NAME, TASK) };
  },
  "POST groups": (call, request) => eachItem(request, "GROUPS", (item) => changes.setGroups(call, [groupOf(item, true)])),
  "DELETE groups": (call, request) => eachItem(request, "GROUPS", (item) => changes.deleteGroups(call, [groupOf(item, false)])),
  "PUT groups": async (call, { body }) => {
    const item = bodyOf(body);
    const verb = verbOf(item);
    const made: OldResult[] = [];
    for (const group of manyOf(item, "GROUP")) made.push(await changes.groupStatus(call, group, verb));
    return results(made);
  },

  "GET schedules": async (call, request) => ({ SCHEDULES: lists.filtered(await lists.schedules(call), filterOf(request, { TIME_FORMAT: "TIME_FORMAT", TASK: "TASK" })) }),
  "POST schedules": (call, request) => eachItem(request, "SCHEDULES", async (item) => [await changes.setSchedule(call, { cron: textOf(item, "TIME_FORMAT"), task: textOf(item, "TASK"), message: textOf(item, "MESSAGE") })]),
  "DELETE schedules": (call, request) => eachItem(request, "SCHEDULES", async (item) => [await changes.deleteSchedules(call, { cron: textOf(item, "TIME_FORMAT"), task: textOf(item, "TASK"), ...(item["MESSAGE"] === undefined ? {} : { message: textOf(item, "MESSAGE") }) })]),

  async "GET global_queue"(call, request) {
    const { TASK = [] } = filterOf(request, { TASK: "TASK" });
    return { GLOBAL_QUEUE: lists.movementsOf(await lists.movements(call), TASK) };
  },
  async "GET recovery"(call, request) {
    const { TASK = [] } = filterOf(request, { TASK: "TASK" });
    return { RECOVERY: lists.recoveriesOf(await lists.recoveries(call), TASK) };
  },
  "POST recovery": (call, request) => eachItem(request, "RECOVERY", async (item) => [await changes.recover(call, textOf(item, "TASK"), textOf(item, "MESSAGE"))]),
};

function bodyOf(body: unknown): Given {
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return body as Given;
  throw new CommandFailure("INVALID", { message: "the body is a JSON object", ko: { message: "본문은 JSON 객체입니다" } });
}

function noRoute({ method, path }: OldRequest): CommandFailure {
  const shown = `${method} /api/v1/${path.join("/")}`.slice(0, 200);
  return new CommandFailure("NOT_FOUND", { message: `there is no ${shown}`, ko: { message: `${shown} 경로는 없습니다` } });
}
