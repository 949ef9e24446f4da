// `jobs:` of a config as a plan.
import { resolve } from "node:path";
import { RATE, jobsOptions, operatorOptions } from "./jobs-options.ts";
import type { JobsOptions } from "./jobs-options.ts";
import type { JobsPlan, OperatorPlan, RabbitMqPlan } from "./jobs-plan.ts";
import { checkOptions } from "./options.ts";
import type { Place } from "./plan.ts";
import type { Problems } from "./problem.ts";
import { spanOf } from "./tree.ts";
import type { MapEntry } from "./tree.ts";

const PER_MS = { s: 1000, m: 60_000, h: 3_600_000 } as const;

/** What the section says; undefined when something is wrong with it, which has been said. */
export async function checkJobs({ keySpan, value }: MapEntry, problems: Problems): Promise<JobsOptions | undefined> {
  if (value.type === "list") {
    problems.add("DURE201", spanOf(value, keySpan), { text: { en: "`jobs:` takes the folder of rules or a map of options", ko: "`jobs:`에는 규칙 폴더나 옵션의 맵을 씁니다" } });
    return undefined;
  }
  return (await checkOptions(value, { name: "jobs", nameSpan: keySpan, schema: jobsOptions, shorthand: "rules" }, problems)) as JobsOptions | undefined;
}

export function jobsPlan(given: JobsOptions, configDir: string, place: Place): JobsPlan {
  const { limits, backoff, watcher, recycle, env, operator } = given;
  const queue = queuePlan(given.queue, configDir);
  const rate = rateOf(given.rate);
  return {
    rulesDir: resolve(configDir, given.rules),
    queue,
    workers: given.workers,
    slots: given.slots,
    limits: { workersMax: limits.workers, slotsMax: limits.slots, queuedMax: limits.queued, dataBytesMax: limits.data, resultBytesMax: limits.result },
    timeoutMs: given.timeout === "never" ? null : given.timeout,
    killAfterMs: given.kill_after,
    attempts: given.attempts,
    backoff: { firstMs: backoff.first, mostMs: backoff.most },
    poisonAfter: given.poison_after,
    concurrency: given.concurrency ?? null,
    rate,
    watcher: { isOn: watcher.on, intervalMs: watcher.interval },
    recycle: { jobs: recycle.jobs ?? null, memoryBytes: recycle.memory ?? null },
    keepMs: given.keep,
    keepMax: given.keep_max,
    python: given.python,
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)])),
    schedules: [],
    ...(operator === false ? {} : { operator: operatorPlan(operator === true ? operatorOptions.parse({}) : operator, queue.type === "rabbitmq", configDir) }),
    place,
  };
}

function queuePlan(queue: JobsOptions["queue"], configDir: string): JobsPlan["queue"] {
  if (queue === "embedded") return { type: "embedded" };
  const given = typeof queue === "string" || Array.isArray(queue) ? undefined : queue;
  const urls = given?.url ?? (queue as string | readonly string[]);
  const base: RabbitMqPlan = {
    type: "rabbitmq",
    urls: typeof urls === "string" ? [urls] : urls,
    name: given?.name ?? "dure.jobs",
    kind: given?.kind ?? "auto",
    heartbeatMs: given?.heartbeat ?? 15_000,
    connectTimeoutMs: given?.connect_timeout ?? 5000,
  };
  const tls = given?.tls;
  if (tls === undefined) return base;
  const file = (path: string): string => resolve(configDir, path);
  return { ...base, tls: { isVerified: tls.verify, ...(tls.ca_file === undefined ? {} : { caFile: file(tls.ca_file) }), ...(tls.cert_file === undefined ? {} : { certFile: file(tls.cert_file) }), ...(tls.key_file === undefined ? {} : { keyFile: file(tls.key_file) }) } };
}

function rateOf(rate: string | undefined): JobsPlan["rate"] {
  const [, count, unit] = RATE.exec(rate ?? "") ?? [];
  return unit === undefined ? null : { count: Number(count), perMs: PER_MS[unit as keyof typeof PER_MS] };
}

function operatorPlan({ queues, websocket, logs, module_base: moduleBase, request_timeout: requestTimeoutMs }: Exclude<JobsOptions["operator"], boolean>, hasBroker: boolean, configDir: string): OperatorPlan {
  const names = queues === true ? { message_in: "ITSBOX.D.MSG_IN", message_out: "ITSBOX.D.MSG_OUT", management_in: "ITSBOX.D.MGMT_IN", management_out: "ITSBOX.D.MGMT_OUT" } : queues;
  const socket = websocket === undefined || websocket === false ? undefined : "listen" in websocket ? websocket : { listen: websocket, open: false, origins: [] };
  return {
    moduleBase,
    requestTimeoutMs,
    ...(names === false || !hasBroker ? {} : { queues: { messageIn: names.message_in, messageOut: names.message_out, managementIn: names.management_in, managementOut: names.management_out } }),
    ...(socket === undefined ? {} : { websocket: { ...socket.listen, isOpen: socket.open, origins: socket.origins } }),
    ...(logs === undefined ? {} : { logs: { dir: resolve(configDir, logs.dir), prefix: logs.prefix, level: logs.level, isRotated: logs.rotation, fileBytesMax: logs.max_bytes, filesMax: logs.max_count, isAllInOne: logs.all_in_one } }),
  };
}
