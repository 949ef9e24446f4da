// Dure itself, as its user starts it. Over RabbitMQ the client is the same that Celery has: it publishes to the queue, and is answered where `reply_to` says. With the embedded
// queue it asks the agent over one connection to the control socket: calls of up to 100 jobs that wait for their ends, many calls at a time.
import { mkdirSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { controlAddress } from "#kernel/control-socket.ts";
import { startRabbitMq } from "#test/servers/rabbitmq.ts";
import { amqpClient } from "./amqp-client.ts";
import { SLOTS } from "./contender.ts";
import type { Contender } from "./contender.ts";
import { startProgram } from "./program.ts";
import type { Program } from "./program.ts";

const DURE = fileURLToPath(new URL("../../dure", import.meta.url));
/** Jobs of one call: whoever has many gives many. */
const CALL_MAX = 100;
const RULES = "export function echo(data) { return data; }\nexport function text(data) { return JSON.stringify(data); }\nexport function hold() { return new Promise(() => setInterval(() => {}, 1000)); }\n";

export function dureOverRabbitMq(kind: "classic" | "quorum"): Contender {
  return {
    name: `**Dure**, ${kind} queue (RabbitMQ)`,
    ko: `**Dure**, ${kind} 큐 (RabbitMQ)`,
    family: "dure",
    async start(dir, workers) {
      const rabbit = await startRabbitMq({ schedulers: "as it likes" });
      const client = await amqpClient(rabbit.port, { answers: "answers", isQuorum: kind === "quorum" });
      const agent = await startAgent(dir, workers, { url: `amqp://guest:guest@127.0.0.1:${rabbit.port}/`, name: "jobs", kind });
      await client.untilThere("jobs");
      return {
        send: (jobs) => client.send("jobs", jobs.map(({ number, json }) => ({ body: json, options: { type: "bench:echo", messageId: `job-${number}`, correlationId: String(number), replyTo: "answers" } }))),
        onReply: (tell) =>
          client.onAnswer((body, { correlationId }) => {
            const answer = JSON.parse(body) as { type?: string; result?: string };
            tell(Number(correlationId), answer.type === "succeeded" ? JSON.parse(answer.result ?? "null") : answer);
          }),
        workers: () => [agent.pid],
        servers: () => [rabbit.pid()],
        async stop() {
          await agent.stop();
          await client.close();
          await rabbit[Symbol.asyncDispose]();
        },
      };
    },
  };
}

export const dureEmbedded: Contender = {
  name: "**Dure**, embedded queue",
  ko: "**Dure**, 내장 큐",
  family: "dure",
  async start(dir, workers) {
    const agent = await startAgent(dir, workers, "embedded");
    const socket = createConnection(controlAddress(join(dir, "data", "dure.pid")));
    let tell: (number: number, back: unknown) => void = () => {};
    let rest = "";
    socket.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const { id, result, error } = JSON.parse(line) as { readonly id: number; readonly result?: { readonly jobs: readonly { readonly result?: string }[] }; readonly error?: unknown };
        const numbers = asked.get(id) ?? [];
        asked.delete(id);
        for (const [index, number] of numbers.entries()) tell(number, error ?? JSON.parse(result?.jobs[index]?.result ?? "null"));
      }
    });
    let calls = 0;
    const asked = new Map<number, readonly number[]>();
    return {
      // That it was durable is told with its end. What the socket does not take yet is waited for.
      send: async (jobs) => {
        const lines: string[] = [];
        for (let from = 0; from < jobs.length; from += CALL_MAX) {
          const some = jobs.slice(from, from + CALL_MAX);
          asked.set((calls += 1), some.map(({ number }) => number));
          lines.push(`{"id":${calls},"method":"jobs.submit-many","params":{"jobs":[${some.map(({ json }) => `{"rule":"bench:echo","dataJson":${JSON.stringify(json)}}`).join(",")}],"wait":true}}\n`);
        }
        await new Promise<void>((resolve, reject) => socket.write(lines.join(""), (error) => (error === null || error === undefined ? resolve() : reject(error))));
      },
      onReply: (listener) => (tell = listener),
      workers: () => [agent.pid],
      servers: () => [],
      async stop() {
        socket.destroy();
        await agent.stop();
      },
    };
  },
};

/** `more`: settings of its jobs. */
export function startAgent(dir: string, workers: number, queue: unknown, more: object = {}): Promise<Program> {
  mkdirSync(join(dir, "rules"), { recursive: true });
  writeFileSync(join(dir, "rules", "bench.mjs"), RULES);
  const slots = Math.ceil(SLOTS / workers);
  writeFileSync(join(dir, "dure.yml"), JSON.stringify({ agent: { data_dir: join(dir, "data") }, http: false, jobs: { rules: "./rules", queue, workers, slots, limits: { slots }, ...more } }));
  return startProgram(DURE, ["run", "dure.yml", "--lang", "en"], { cwd: dir, env: process.env, ready: /jobs begun/ });
}
