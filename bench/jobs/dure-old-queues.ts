// Dure as the old operator's clients have it: their messages at their queues, their replies; nobody confirms to the other what the old operator did not, except the broker.
import { freePort } from "#test/servers/free-port.ts";
import { startRabbitMq } from "#test/servers/rabbitmq.ts";
import { amqpClient } from "./amqp-client.ts";
import type { Contender } from "./contender.ts";
import { startAgent } from "./dure.ts";

const [IN, OUT] = ["ITSBOX.D.MSG_IN", "ITSBOX.D.MSG_OUT"];

export const dureOldQueues: Contender = {
  name: "**Dure**, the old operator's messages and queues (RabbitMQ)",
  ko: "**Dure**, 옛 Operator의 메시지와 큐 (RabbitMQ)",
  family: "dure",
  async start(dir, workers) {
    const rabbit = await startRabbitMq({ schedulers: "as it likes" });
    const client = await amqpClient(rabbit.port, { answers: OUT, isQuorum: false });
    const agent = await startAgent(dir, workers, `amqp://guest:guest@127.0.0.1:${rabbit.port}/`, { operator: { websocket: { port: await freePort(), open: true } } });
    await client.untilThere(IN);
    return {
      send: (jobs) => client.send(IN, jobs.map(({ number, json }) => ({ body: `{"time":"123456789","client_channel_id":"${number}","company_code":"1","location":"2","direction":"1","op_code":{"module":"bench","function":"text"},"op_data":${json}}` }))),
      onReply: (tell) =>
        client.onAnswer((body) => {
          const { client_channel_id: number, success, msg } = JSON.parse(body) as { client_channel_id: string; success: string; msg: string };
          tell(Number(number), success === "1" ? JSON.parse(msg) : msg);
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
