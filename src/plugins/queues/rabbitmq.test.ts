import { after, before } from "node:test";
import { queueConformance } from "#sdk/conformance/queue.ts";
import type { Queue } from "#sdk/queue.ts";
import { noRabbitMq, startRabbitMq } from "#test/servers/rabbitmq.ts";
import type { RabbitMq } from "#test/servers/rabbitmq.ts";
import { openRabbitMqQueue } from "./rabbitmq.ts";

let server: RabbitMq | undefined;
before(async () => {
  if (noRabbitMq === false) server = await startRabbitMq();
});
after(async () => server?.[Symbol.asyncDispose]());
let queues = 0;

for (const kind of ["classic", "quorum"] as const) {
  queueConformance({
    name: `rabbitmq ${kind}`,
    skip: noRabbitMq,
    knowsTwins: false,
    canPick: false,
    async fresh() {
      const name = `test.${kind}.${(queues += 1)}`;
      const open = (): Queue => openRabbitMqQueue({ urls: [`amqp://guest:guest@127.0.0.1:${server?.port}/`], name, kind, heartbeatMs: 10_000, connectTimeoutMs: 5000, agentId: "test" });
      const opened = [open()];
      return {
        queue: opened[0] as Queue,
        async again() {
          for (const queue of opened.splice(0)) await queue.close();
          const queue = open();
          opened.push(queue);
          return queue;
        },
        async [Symbol.asyncDispose]() {
          for (const queue of opened) await queue.close();
        },
      };
    },
  });
}
