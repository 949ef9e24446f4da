// What is told of processes, as the commands answer it.
import { z } from "zod";

const state = z.enum(["stopped", "waiting", "starting", "running", "unhealthy", "backoff", "stopping", "done", "failed"]);

export const exitSchema = z.strictObject({
  atMs: z.number(),
  instance: z.number(),
  pid: z.number().nullable(),
  startedMs: z.number(),
  code: z.number().nullable().describe("null: a signal ended it, or it was never started."),
  signal: z.string().nullable(),
  isWanted: z.boolean().describe("Somebody, or the agent, had it end."),
  reason: z.string().optional().describe("Why it could not be started, or what it was ended for."),
  stderr: z.array(z.string()).describe("What it said last on its standard error."),
});

export const queueSchema = z.strictObject({
  process: z.string(),
  own: z.number().describe("Events that wait in its own queue."),
  shared: z.number().describe("Events it has printed that wait for whichever of its consumers is free."),
  bytes: z.number(),
  inFlight: z.number().describe("Handed over, and not yet acknowledged."),
  skipped: z.number().describe("Put aside since they failed."),
  eventsIn: z.number(),
  eventsOut: z.number(),
  isFull: z.boolean().describe("Its producers wait."),
});

export const instanceSchema = z.strictObject({
  instance: z.number(),
  state,
  pid: z.number().nullable(),
  startedMs: z.number().nullable(),
  restarts: z.number(),
  cpuPercent: z.number().nullable().describe("Of one processor, with all it has started."),
  residentBytes: z.number().nullable(),
  reason: z.string().optional().describe("Why it waits, or is not well."),
  nextTryMs: z.number().optional(),
});

export const statusSchema = z.strictObject({
  name: z.string(),
  type: z.string(),
  state: state.describe("The worst of its instances."),
  wanted: z.enum(["running", "stopped"]),
  by: z.string().optional().describe("Who started or stopped it last; none: the config."),
  sinceMs: z.number(),
  instancesWanted: z.number(),
  instances: z.array(instanceSchema),
  restarts: z.number(),
  isCrashLooping: z.boolean(),
  reason: z.string().optional().describe("Why it waits, or is not well."),
  nextRunMs: z.number().optional().describe("Of its next schedule."),
  lastExit: exitSchema.optional(),
  queue: queueSchema,
  groups: z.array(z.string()),
  dependsOn: z.array(z.string()),
});

export const lookSchema = z.strictObject({ atMs: z.number(), processes: z.array(statusSchema) });

export const lineSchema = z.strictObject({
  id: z.number().describe("Grows by one for each line of the process."),
  atMs: z.number(),
  instance: z.number(),
  stream: z.enum(["stdin", "stdout", "stderr"]),
  text: z.string(),
});

export const probeSchema = z.strictObject({ atMs: z.number(), instance: z.number(), isWell: z.boolean(), tookMs: z.number(), words: z.string() });

export const programSchema = z.strictObject({
  version: z.number(),
  fileName: z.string(),
  bytes: z.number(),
  sha256: z.string(),
  atMs: z.number(),
  by: z.string(),
  isCurrent: z.boolean(),
});
