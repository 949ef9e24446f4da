// What the broker itself gives on this machine: a bare client that runs nothing takes each message and sends its body back. The same steps as a runner of jobs has to make (persistent,
// the answer confirmed, then the message acknowledged, many with one word), nothing else. No runner of jobs can be faster than it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startRabbitMq } from "#test/servers/rabbitmq.ts";
import { amqpClient } from "./amqp-client.ts";
import { SLOTS } from "./contender.ts";
import type { Contender } from "./contender.ts";
import { startProgram } from "./program.ts";

export function bareClient(kind: "classic" | "quorum"): Contender {
  return {
    name: `a bare client that runs nothing, ${kind} queue: the broker's ceiling`,
    ko: `아무것도 실행하지 않는 맨 클라이언트, ${kind} 큐: 브로커의 한계`,
    family: "ceiling",
    async start(dir) {
      const rabbit = await startRabbitMq({ schedulers: "as it likes" });
      const client = await amqpClient(rabbit.port, { answers: "answers", isQuorum: kind === "quorum" });
      writeFileSync(join(dir, "bare.mjs"), PROGRAM);
      const env = { ...process.env, AMQPLIB: import.meta.resolve("amqplib"), PORT: String(rabbit.port), SLOTS: String(SLOTS), KIND: kind };
      const bare = await startProgram(process.execPath, [join(dir, "bare.mjs")], { cwd: dir, env, ready: /ready/ });
      return {
        send: (jobs) => client.send("jobs", jobs.map(({ number, json }) => ({ body: json, options: { messageId: `job-${number}`, correlationId: String(number), replyTo: "answers" } }))),
        onReply: (tell) => client.onAnswer((body, { correlationId }) => tell(Number(correlationId), JSON.parse(body))),
        workers: () => [bare.pid],
        servers: () => [rabbit.pid()],
        async stop() {
          await bare.stop();
          await client.close();
          await rabbit[Symbol.asyncDispose]();
        },
      };
    },
  };
}

const PROGRAM = `
const { connect } = (await import(process.env.AMQPLIB)).default;
const connection = await connect("amqp://guest:guest@127.0.0.1:" + process.env.PORT, { noDelay: true });
const channel = await connection.createConfirmChannel();
await channel.assertQueue("jobs", { durable: true, ...(process.env.KIND === "quorum" ? { arguments: { "x-queue-type": "quorum" } } : {}) });
await channel.prefetch(Number(process.env.SLOTS));
let last;
const acknowledge = () => {
  channel.ack(last, true);
  last = undefined;
};
await channel.consume("jobs", (message) => {
  const { replyTo, correlationId } = message.properties;
  channel.sendToQueue(replyTo, message.content, { persistent: true, correlationId }, (error) => {
    if (error !== null) throw error;
    if (last === undefined) setImmediate(acknowledge);
    last = message; // The broker confirms in their order, or several at once.
  });
});
console.log("ready");
`;
