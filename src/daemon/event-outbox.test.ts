// Which events the log of events is kept for at once: those that somebody is told of where they are kept.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunningJobs } from "#edges/cli/agent-port.ts";
import type { LazyStore } from "#kernel/store/open-store.ts";
import { eventOutbox } from "./event-outbox.ts";

test("event outbox: a job that failed is told with its job, so nothing is kept at once for it, whoever hears of all events", () => {
  const jobs = { plan: { notifiers: [{ on: ["*"] }] } } as unknown as RunningJobs;
  const { isToBeTold } = eventOutbox({ store: {} as LazyStore, agentId: "here", jobs, log: { debug() {}, info() {}, warn() {}, error() {} } });
  const event = (name: string) => ({ id: 1, atMs: 1, name, data: {} });
  assert.deepEqual(["job.failed", "job.lost", "process.failed"].map((name) => isToBeTold(event(name))), [false, true, true]);
});
