// `jobs:` of a config as a plan, with those of `schedules:` that submit a job. `jobs: ./rules` is short for its rules folder.
import { resolve } from "node:path";
import { jobSchedules } from "./job-schedules.ts";
import type { JobsPlan, OperatorPlan, RabbitMqPlan } from "./jobs-plan.ts";
import { jobsOptions } from "./jobs-options.ts";
import type { JobsOptions } from "./jobs-options.ts";
import type { NotifierPlan } from "./notifiers-plan.ts";
import { operatorOptions, operatorParts } from "./operator-options.ts";
import type { OperatorOptions } from "./operator-options.ts";
import { checkOptions } from "./options.ts";
import type { Problems } from "./problem.ts";
import { textsOf } from "./processes-plan.ts";
import { brokerOptions } from "./queue-options.ts";
import type { QueueOptions } from "./queue-options.ts";
import type { ScheduleEntry } from "./read-processes.ts";
import type { Source } from "./source.ts";
import { spanOf } from "./tree.ts";
import type { MapEntry, TreeNode } from "./tree.ts";

/** What `jobs:` itself says. */
type JobsSection = Omit<JobsPlan, "schedules" | "notifiers" | "isForNoticesOnly">;

/** What the section says; undefined when there is none, or something is wrong with it, which has been said. */
export async function checkJobs(entry: MapEntry, configDir: string, problems: Problems): Promise<JobsSection | undefined> {
  const { value, keySpan: nameSpan } = entry;
  if (value.type === "scalar" && value.value === false) return undefined;
  if (value.type === "list") {
    problems.add("DURE201", spanOf(value, nameSpan), { text: { en: "`jobs:` takes a folder or a map of options", ko: "`jobs:`에는 폴더나 옵션의 맵을 씁니다" }, help: { en: "write `jobs: ./rules`", ko: "`jobs: ./rules`처럼 쓰세요" } });
    return undefined;
  }
  const node: TreeNode = value.type === "scalar" && value.value === true ? { type: "map", ...nameSpan, entries: [] } : value;
  const options = (await checkOptions(node, { name: "jobs", nameSpan, schema: jobsOptions, shorthand: "rules" }, problems)) as JobsOptions | undefined;
  if (options === undefined) return undefined;
  return { ...jobsPlan(options, configDir), env: textsOf(options.env, node, ["env"], problems.source), place: problems.source.place(nameSpan.start) };
}

/** With what other sections say; `jobs` is undefined where there is no such section, and then nothing is run but what `notifiers:` needs. */
export function wholeJobsPlan(jobs: JobsSection | undefined, { notifiers, schedules }: { readonly notifiers: readonly NotifierPlan[]; readonly schedules: readonly ScheduleEntry[] }, configDir: string, source: Source): JobsPlan {
  if (jobs !== undefined) return { ...jobs, notifiers, schedules: jobSchedules(schedules, source) };
  const place = notifiers[0]?.place ?? source.place(0);
  return { ...jobsPlan(jobsOptions.parse({ workers: 0 }), configDir), env: {}, place, notifiers, schedules: [], isForNoticesOnly: true };
}

function jobsPlan(options: JobsOptions, configDir: string): Omit<JobsSection, "env" | "place"> {
  const { limits, backoff, watcher, recycle, timeout, operator, queue } = options;
  const isBroker = queue !== "embedded";
  return {
    rulesDir: resolve(configDir, options.rules),
    queue: isBroker ? brokerPlan(queue, configDir) : { type: "embedded" },
    workers: options.workers,
    slots: options.slots,
    limits: { workersMax: limits.workers, slotsMax: limits.slots, queuedMax: limits.queued, dataBytesMax: limits.data, resultBytesMax: limits.result },
    timeoutMs: timeout === "none" ? null : timeout,
    killAfterMs: options.kill_after,
    loadTimeoutMs: options.load_timeout,
    attempts: options.attempts,
    backoff: { firstMs: backoff.first, mostMs: backoff.most },
    poisonAfter: options.poison_after,
    concurrency: options.concurrency ?? null,
    rate: options.rate ?? null,
    watcher: { isOn: watcher.on, intervalMs: watcher.interval },
    recycle: { jobs: recycle.jobs ?? null, memoryBytes: recycle.memory ?? null },
    keepMs: options.keep,
    keepMax: options.keep_max,
    // A name is looked for in PATH, a path begins at the config.
    python: /[\\/]/.test(options.python) ? resolve(configDir, options.python) : options.python,
    ...(operator === undefined || operator === false ? {} : { operator: operatorPlan(operator === true ? operatorOptions.parse({}) : operator, isBroker, configDir) }),
  };
}

function brokerPlan(queue: QueueOptions, configDir: string): RabbitMqPlan {
  const given = typeof queue === "string" || Array.isArray(queue) ? brokerOptions.parse({ urls: [queue].flat() }) : queue;
  const { url, urls = url === undefined ? [] : [url], name, kind, heartbeat, connect_timeout: connectTimeoutMs, tls } = given;
  const file = (key: "caFile" | "certFile" | "keyFile", path: string | undefined) => (path === undefined ? {} : { [key]: resolve(configDir, path) });
  return {
    type: "rabbitmq",
    urls,
    name,
    kind,
    heartbeatMs: heartbeat,
    connectTimeoutMs,
    ...(tls === undefined ? {} : { tls: { isVerified: tls.verify, ...file("caFile", tls.ca), ...file("certFile", tls.cert), ...file("keyFile", tls.key) } }),
  };
}

function operatorPlan({ queues = true, websocket = true, logs = true, module_base: moduleBase, request_timeout: requestTimeoutMs }: OperatorOptions, hasBroker: boolean, configDir: string): OperatorPlan {
  const names = queues === true ? operatorParts.queues.parse({}) : queues;
  const socket = typeof websocket === "object" || websocket === false ? websocket : operatorParts.websocket.parse(websocket === true ? {} : { port: websocket });
  const files = logs === true ? operatorParts.logs.parse({}) : logs;
  return {
    ...(hasBroker && names !== false ? { queues: { messageIn: names.message_in, messageOut: names.message_out, managementIn: names.management_in, managementOut: names.management_out } } : {}),
    ...(socket === false ? {} : { websocket: { host: socket.host.replace(/^\[(.*)\]$/, "$1"), port: socket.port, isOpen: socket.open, origins: socket.origins } }),
    ...(files === false ? {} : { logs: { dir: resolve(configDir, files.dir), prefix: files.prefix, level: files.level, isRotated: files.rotate, fileBytesMax: files.rotate_size, filesMax: files.rotate_files, isAllInOne: files.all_in_one } }),
    moduleBase,
    requestTimeoutMs,
  };
}
