// BullMQ with N worker processes, Redis written to the disk each second. Answers come by a queue of their own, or by its events.
import { createRequire } from "node:module";
import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { SLOTS } from "./contender.ts";
import type { Contender } from "./contender.ts";
import { PEERS } from "./install.ts";
import { startProgram } from "./program.ts";
import { startRedis } from "./servers.ts";

/** As much of it as is used here. */
interface BullMq {
  readonly Queue: new (name: string, options: object) => { addBulk(jobs: readonly { readonly name: string; readonly data: object; readonly opts?: object }[]): Promise<unknown>; close(): Promise<void>; waitUntilReady(): Promise<unknown> };
  readonly Worker: new (name: string, run: (job: { readonly data: { readonly number: number } }) => Promise<unknown>, options: object) => { close(isForced?: boolean): Promise<void>; waitUntilReady(): Promise<unknown> };
  readonly QueueEvents: new (name: string, options: object) => { on(event: "completed", listener: (event: { readonly jobId: string; readonly returnvalue: unknown }) => void): void; close(): Promise<void>; waitUntilReady(): Promise<unknown> };
}

const KEPT = { removeOnComplete: true, removeOnFail: false };

export function bullMq(answersBy: "queue" | "events"): Contender {
  return {
    name: `BullMQ, answers by ${answersBy === "queue" ? "a queue" : "events"} (Redis)`,
    ko: `BullMQ, 응답을 ${answersBy === "queue" ? "큐로" : "이벤트로"} (Redis)`,
    family: "peer",
    async start(dir, workers) {
      const { Queue, Worker, QueueEvents } = createRequire(PEERS)("bullmq") as BullMq;
      const redis = await startRedis(dir);
      const connection = { host: "127.0.0.1", port: redis.port };
      writeFileSync(join(dir, "worker.mjs"), PROGRAM);
      const env = { ...process.env, PEERS, REDIS_PORT: String(redis.port), SLOTS: String(Math.ceil(SLOTS / workers)), ANSWERS: answersBy };
      const programs = await Promise.all(Array.from({ length: workers }, () => startProgram(process.execPath, [join(dir, "worker.mjs")], { cwd: dir, env, ready: /ready/ })));
      const jobs = new Queue("jobs", { connection });
      let tell: (number: number, back: unknown) => void = () => {};
      const ears = answersBy === "events" ? new QueueEvents("jobs", { connection, lastEventId: "0-0" }) : new Worker("answers", async ({ data }) => tell(data.number, data), { connection, concurrency: SLOTS, ...KEPT_ANSWERS });
      if (ears instanceof QueueEvents) ears.on("completed", ({ jobId, returnvalue }) => tell(Number(jobId.slice(1)), returnvalue));
      await Promise.all([jobs.waitUntilReady(), ears.waitUntilReady()]);
      return {
        send: async (batch) => void (await jobs.addBulk(batch.map(({ number, data }) => ({ name: "echo", data, opts: { ...KEPT, jobId: `j${number}` } })))),
        onReply: (listener) => (tell = listener),
        workers: () => programs.map(({ pid }) => pid),
        servers: () => [redis.pid],
        async stop() {
          await ears.close(true);
          await jobs.close();
          await Promise.all(programs.map((program) => program.stop()));
          await redis.stop();
        },
      };
    },
  };
}

const KEPT_ANSWERS = { removeOnComplete: { count: 0 } };

const PROGRAM = `
import { createRequire } from "node:module";
const { Queue, Worker } = createRequire(process.env.PEERS)("bullmq");
const connection = { host: "127.0.0.1", port: Number(process.env.REDIS_PORT) };
const answers = process.env.ANSWERS === "queue" ? new Queue("answers", { connection }) : undefined;
const worker = new Worker("jobs", async ({ data }) => {
  await answers?.add("answer", data, { removeOnComplete: true });
  return answers === undefined ? data : null;
}, { connection, concurrency: Number(process.env.SLOTS) });
worker.on("error", (error) => console.error(error.message));
await worker.waitUntilReady();
console.log("ready");
`;
