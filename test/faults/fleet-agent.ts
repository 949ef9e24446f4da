// An agent of `fleet-trial.ts`, as far as schedules are concerned: wants the lease, submits jobs into a table that stands for the queue. Its schedules are due each second. It is killed from outside, and by itself.
import { setTimeout as delay } from "node:timers/promises";
import { FleetSchedules } from "#capabilities/jobs/fleet-schedules.ts";
import { JobKeys } from "#kernel/fleet/job-keys.ts";
import type { JobSchedulePlan } from "#kernel/config/jobs-plan.ts";
import { openMysqlStore } from "#plugins/stores/mysql.ts";
import type { MysqlServer } from "#plugins/stores/mysql-line.ts";
import type { Store } from "#sdk/store.ts";
import { randomNumbers } from "./random.ts";

const [facts = "", schedules = "", ttlMs = "", everyMs = "", seed = ""] = process.argv.slice(2);
const DEATHS = 0.15;
const next = randomNumbers(Number(seed));
const server = JSON.parse(facts) as MysqlServer;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const plans = Array.from({ length: Number(schedules) }, (_, index): JobSchedulePlan => ({ name: `s${index}`, cron: "each second", rule: "a:b", data: '"##DATE_TIME##"', index, place: { file: "", line: 1, column: 1 } }));
let opening: Promise<Store> | undefined;
const store = (): Promise<Store> => (opening ??= openMysqlStore(server).catch((error: unknown) => {
  opening = undefined;
  throw error;
}));
const keys = new JobKeys({ store, scope: "trial", keepMs: () => 3_600_000, keepMax: () => 1_000_000 });

new FleetSchedules({
  store,
  scope: "trial",
  holder: String(process.pid),
  keys,
  log: quiet,
  ready: (job) => ({ ...job, id: job.id ?? "" }),
  async publish(jobs) {
    const opened = await store();
    // It dies most often here: all claimed and some published; all published, and not told.
    const diesAt = next() < DEATHS ? Math.floor(next() * (jobs.length + 1)) : undefined;
    await delay(next() * 100);
    for (const [index, { key = "", id }] of jobs.entries()) {
      if (index === diesAt) process.kill(process.pid, "SIGKILL");
      await opened.run("INSERT INTO queue (job_key, job_id) VALUES (?, ?)", [key, id]);
    }
    if (diesAt === jobs.length) process.kill(process.pid, "SIGKILL");
    return jobs.map(({ id }) => ({ id, isNew: true }));
  },
  replaced() {},
  read: (plan) => ({ plan, says: plan.name, times: { next: (afterMs) => Math.floor(afterMs / 1000) * 1000 + 1000, stamp: (atMs) => String(atMs) } }),
  ttlMs: Number(ttlMs),
  everyMs: Number(everyMs),
}).apply(plans);
