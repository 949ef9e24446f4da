// Celery, prefork × N, over RabbitMQ. Its client is not Python but AMQP, with Celery's own message (protocol 2): so the broker's fastest client sends to everybody who is
// behind RabbitMQ. Durable queue, persistent messages and answers, acknowledged when done. Its workers do not
// wait until the broker has confirmed an answer, as is its default: with that it was slower by ten times.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startRabbitMq } from "#test/servers/rabbitmq.ts";
import { amqpClient } from "./amqp-client.ts";
import { SLOTS } from "./contender.ts";
import type { Contender } from "./contender.ts";
import { startProgram } from "./program.ts";

export const celery: Contender = {
  name: "Celery, prefork (RabbitMQ)",
  ko: "Celery, prefork (RabbitMQ)",
  family: "peer",
  async start(dir, workers) {
    const rabbit = await startRabbitMq({ schedulers: "as it likes" });
    writeFileSync(join(dir, "app.py"), PROGRAM);
    const env = { ...process.env, BROKER: `amqp://guest:guest@127.0.0.1:${rabbit.port}//`, PREFETCH: String(Math.ceil(SLOTS / workers)) };
    const client = await amqpClient(rabbit.port, { answers: "answers", isQuorum: false });
    const program = await startProgram("/usr/bin/python3", ["-m", "celery", "-A", "app", "worker", "--pool", "prefork", "-c", String(workers), "--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "INFO"], { cwd: dir, env, ready: / ready\.?$/m });
    return {
      send: (jobs) =>
        client.send(
          "celery",
          jobs.map(({ number, data }) => {
            const id = String(number);
            return { body: JSON.stringify([[data], {}, { callbacks: null, errbacks: null, chain: null, chord: null }]), options: { replyTo: "answers", correlationId: id, contentType: "application/json", contentEncoding: "utf-8", headers: { lang: "py", task: "echo", id, root_id: id, parent_id: null, group: null, retries: 0, eta: null, expires: null } } };
          }),
        ),
      onReply: (tell) =>
        client.onAnswer((body, { correlationId }) => {
          const { status, result } = JSON.parse(body) as { status: string; result: unknown };
          tell(Number(correlationId), status === "SUCCESS" ? result : status);
        }),
      workers: () => [program.pid],
      servers: () => [rabbit.pid()],
      async stop() {
        await client.close();
        await program.stop();
        await rabbit[Symbol.asyncDispose]();
      },
    };
  },
};

const PROGRAM = `
import os
from celery import Celery
app = Celery("app", broker=os.environ["BROKER"], backend="rpc://")
app.conf.update(task_acks_late=True, result_persistent=True, worker_prefetch_multiplier=int(os.environ["PREFETCH"]), task_serializer="json", result_serializer="json",
                accept_content=["json"], worker_redirect_stdouts=False, task_default_delivery_mode="persistent")
@app.task(name="echo")
def echo(data):
    return data
`;
