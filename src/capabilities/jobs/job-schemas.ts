// How jobs look to who asks.
import { z } from "zod";
import { JOB_STATES } from "#sdk/job-store.ts";

export const stateSchema = z.enum(JOB_STATES);
const labelsSchema = z.record(z.string(), z.string());
export const errorSchema = z.strictObject({ kind: z.string().describe("`Error`, `ValueError`, `TIMEOUT`, `WORKER_LOST`, `POISON`, `NO_RULE`, `INVALID_DATA`, `TOO_LARGE`."), message: z.string(), stack: z.string().optional() });

export const rowSchema = z.strictObject({
  id: z.string(),
  rule: z.string().describe("`test.module:TestClass.callme`."),
  state: stateSchema.describe("`delayed`: not before its time; `sent`: given to a broker; `failed`: given up, a dead letter."),
  priority: z.number().describe("0 … 9; the greater first."),
  attempt: z.number(),
  losses: z.number().describe("How often a worker died or hung over it."),
  key: z.string().optional().describe("Idempotency key."),
  labels: labelsSchema,
  from: z.string().describe("Who wanted it: `cli:root`, `http:admin`, `schedule:nightly`, `queue:ITSBOX.D.MSG_IN`."),
  createdMs: z.number(),
  runAtMs: z.number().optional(),
  startedMs: z.number().optional(),
  endedMs: z.number().optional(),
  worker: z.string().optional().describe("Where the last attempt ran."),
  dataBytes: z.number(),
  resultBytes: z.number().optional(),
  error: errorSchema.optional(),
  replayedAs: z.string().optional().describe("The job that it was run again as."),
});

const markSchema = z.strictObject({ atMs: z.number(), kind: z.string(), attempt: z.number(), text: z.string().optional() });

export const recordSchema = rowSchema.extend({
  data: z.string().describe("JSON; what its rule calls secret is hidden."),
  result: z.string().optional().describe("JSON."),
  text: z.string().optional().describe("As the old operator puts it into `msg`."),
  envelope: z.string().optional().describe("The old message that it came as."),
  marks: z.array(markSchema).describe("Its life, the oldest first."),
  replayOf: z.string().optional(),
});

export const pageSchema = z.strictObject({ jobs: z.array(rowSchema), next: z.string().optional().describe("There are more: ask with it as `after`."), isPartial: z.boolean().optional().describe("The search would have taken too long and ended before it came to all jobs: `next` goes on.") });

const queueStateSchema = z.union([z.strictObject({ is: z.literal("open") }), z.strictObject({ is: z.enum(["away", "blocked"]), why: z.string(), sinceMs: z.number() })]);

export const jobsLookSchema = z.strictObject({
  atMs: z.number(),
  queue: z.strictObject({ backend: z.enum(["embedded", "rabbitmq"]), place: z.string(), state: queueStateSchema, depth: z.strictObject({ queued: z.number(), delayed: z.number(), running: z.number(), failed: z.number() }).optional().describe("Missing: the broker is away.") }),
  notices: z.strictObject({ waiting: z.number(), failed: z.number().describe("Dead letters.") }).describe("What waits for notifiers; in no other figure."),
  workers: z.array(
    z.strictObject({
      pid: z.number(),
      state: z.enum(["starting", "ready", "draining", "blocked"]),
      slots: z.number(),
      isQuarantine: z.boolean().describe("Runs jobs that others died over, one at a time."),
      startedMs: z.number(),
      done: z.number(),
      failed: z.number(),
      memoryBytes: z.number(),
      jobs: z.array(z.strictObject({ id: z.string(), rule: z.string(), startedMs: z.number(), progress: z.number().optional(), text: z.string().optional() })),
    }),
  ),
  watcher: z.strictObject({ isOn: z.boolean(), intervalMs: z.number() }),
  management: z.strictObject({ isOn: z.boolean() }),
  isForNoticesOnly: z.literal(true).optional().describe("There are no rules: it only tells people and programs, and needs no worker."),
  schedules: z
    .strictObject({ schedules: z.number(), isOurs: z.boolean(), holder: z.string().optional(), sinceMs: z.number().optional(), token: z.number().optional().describe("Grows with each holder."), problem: z.string().optional() })
    .optional()
    .describe("Who submits the jobs of schedules, where agents share a store."),
  done: z.strictObject({ succeeded: z.number(), failed: z.number(), retried: z.number(), lost: z.number(), cancelled: z.number() }).describe("Since the agent's start."),
});

const problemSchema = z.strictObject({ file: z.string(), message: z.string(), line: z.number().optional(), column: z.number().optional() });
export const problemsSchema = z.array(problemSchema).describe("Files of the rules folder that could not be used.");

const timesSchema = z.strictObject({ p50: z.number(), p95: z.number(), p99: z.number() });

export const ruleSchema = z.strictObject({
  name: z.string(),
  module: z.string(),
  class: z.string().optional(),
  function: z.string(),
  file: z.string(),
  runtime: z.enum(["node", "python", "program"]),
  summary: z.string().optional(),
  args: z.json().optional().describe("JSON Schema of its arguments."),
  secrets: z.array(z.string()).optional(),
  timeoutMs: z.number().optional(),
  attempts: z.number().optional(),
  backoff: z.strictObject({ firstMs: z.number(), mostMs: z.number() }).optional(),
  concurrency: z.number().optional(),
  rate: z.strictObject({ count: z.number(), perMs: z.number() }).optional(),
  priority: z.number().optional(),
  ownThread: z.literal(true).optional(),
  idempotencyKey: z.string().optional(),
  succeeded: z.number(),
  failed: z.number(),
  running: z.number(),
  heldBack: z.boolean().describe("It was begun too often of late."),
  runMs: timesSchema.optional().describe("Of the last 1,000 runs."),
  waitMs: timesSchema.optional().describe("Of the last 1,000 first runs: from when the job could have been run until it was."),
});

const countsSchema = z.strictObject({ receive: z.number(), process: z.number(), success: z.number(), fail: z.number(), reply: z.number() });
const threadsSchema = z.strictObject({ total: z.number(), active: z.number(), idle: z.number() });

/** Under the names that the old operator's pages read. */
export const operatorInfoSchema = z.strictObject({
  workers: z.array(
    z.strictObject({
      pid: z.number(),
      status: z.enum(["Full", "Active", "Idle", "Unknown"]),
      queued: z.number(),
      thread: threadsSchema,
      count: countsSchema,
      active_tasks: z.array(z.strictObject({ tid: z.number(), thread: z.string(), start: z.number(), duration: z.number(), message: z.string() })),
    }),
  ),
  total: z.strictObject({ status: z.enum(["Full", "Active", "Idle", "Down"]), queued: z.number(), worker: z.strictObject({ total: z.number(), full: z.number(), active: z.number(), idle: z.number() }), thread: threadsSchema, count: countsSchema }),
});
