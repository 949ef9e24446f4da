// Sends messages to RabbitMQ, or another broker of AMQP 0-9-1. Written means confirmed: the broker has the messages, on disk where
// the queue is durable. A connection that breaks before brings the batch again: delivery is at least once.
import { duration } from "#sdk/options.ts";
import { defineOutput, z } from "#sdk/plugin.ts";
import type { Output } from "#sdk/plugin.ts";
import { placeholderProblem } from "./amqp/routing.ts";
import { timeOptions } from "./parts/time-style.ts";

/** A timer holds 24 days at most. */
const waitingTime = () => duration().refine((ms) => 0 < ms && ms < 2 ** 31, { message: "write a time of more than 0s and less than 24d", params: { ko: "0s 보다 길고 24d 보다 짧은 시간을 쓰세요" } });

/** What the protocol holds of a name. */
const NAME_BYTES_MAX = 255;

const name = () =>
  z
    .string()
    .max(NAME_BYTES_MAX)
    .superRefine((text, context) => {
      const problem = placeholderProblem(text);
      if (problem !== undefined) context.addIssue({ code: "custom", message: problem.en, params: { ko: problem.ko } });
    });

const options = z
  .strictObject({
    hosts: z
      .array(z.string().regex(/^(\[[0-9a-f:.]+\]|[^\s:/@[\]]+)(:\d{1,5})?$/i, "write a host, or host:port"))
      .min(1)
      .default(["127.0.0.1"])
      .meta({ description: "Brokers as host or host:port, in the order they are tried; the port is 5672, or 5671 with tls.", ko: "브로커 목록(host 또는 host:port). 적은 순서로 시도합니다. 포트 기본값은 5672, tls 를 쓰면 5671 입니다." }),
    vhost: z.string().default("/").meta({ description: "Virtual host.", ko: "가상 호스트." }),
    user: z.string().min(1).default("guest").meta({ description: "User.", ko: "사용자." }),
    password: z.string().default("guest").meta({ description: "Password; write ${env:NAME} to keep it out of the file.", ko: "비밀번호. 파일에 남기지 않으려면 ${env:NAME} 으로 쓰세요.", secret: true }),
    exchange: name().optional().meta({ description: "Exchange to publish to; ${tag} and ${record.FIELD} stand for the batch's tag and the record's field. It must exist.", ko: "보낼 익스체인지. ${tag}와 ${record.필드}는 배치의 태그와 레코드의 필드로 바뀝니다. 미리 만들어 두어야 합니다." }),
    routing_key: name().default("${tag}").meta({ description: "Routing key, with the same placeholders.", ko: "라우팅 키. 같은 자리 표시자를 쓸 수 있습니다." }),
    queue: name().optional().meta({ description: "Queue to send to directly, by the default exchange; instead of exchange and routing_key. It must exist.", ko: "exchange 와 routing_key 대신, 기본 익스체인지로 바로 보낼 큐. 미리 만들어 두어야 합니다." }),
    message: z.enum(["record", "batch"]).default("record").meta({ description: "record: a JSON message for each record. batch: one message of the whole batch.", ko: "record: 레코드마다 JSON 메시지 하나. batch: 배치 전체를 메시지 하나로." }),
    format: z.enum(["json", "msgpack"]).default("json").meta({ description: "What a batch's message holds: JSON lines, or Fluentd entries in MessagePack.", ko: "배치 메시지의 내용: JSON 한 줄씩, 또는 MessagePack 으로 된 Fluentd 엔트리." }),
    ...timeOptions({ zone: "utc" }),
    persistent: z.boolean().default(true).meta({ description: "Durable queues keep the messages over a restart of the broker.", ko: "브로커를 재시작해도 내구성 있는 큐에 메시지가 남습니다." }),
    mandatory: z.boolean().default(true).meta({ description: "Messages that no queue is bound for go to the dead letters; with false the broker throws them away.", ko: "연결된 큐가 없는 메시지는 데드레터로 갑니다. false 면 브로커가 버립니다." }),
    confirm_timeout: waitingTime().prefault("30s").meta({ description: "Without a confirmation for so long the batch is sent again over a new connection; a broker that has said it is out of memory or disk is waited for.", ko: "이 시간 동안 확인이 없으면 새 연결로 다시 보냅니다. 메모리나 디스크가 모자란다고 알린 브로커는 기다립니다." }),
    connect_timeout: waitingTime().prefault("10s").meta({ description: "Longest wait for a connection with its handshakes.", ko: "핸드셰이크까지 포함한 연결 대기의 상한." }),
    heartbeat: duration().refine((ms) => ms <= 65_535_000, { message: "write a time of less than 18h", params: { ko: "18h 보다 짧은 시간을 쓰세요" } }).prefault("10s").meta({ description: "A broker that says nothing for twice this time is gone; 0s looks for no sign of life.", ko: "이 시간의 두 배 동안 아무 신호가 없으면 끊긴 것으로 봅니다. 0s 면 확인하지 않습니다." }),
    tls: z
      .strictObject({
        ca_file: z.string().min(1).optional().meta({ description: "PEM file of the authority that signed the broker's certificate; by default those of the system.", ko: "브로커 인증서를 서명한 기관의 PEM 파일. 기본값은 시스템의 기관들." }),
        cert_file: z.string().min(1).optional().meta({ description: "PEM file with a certificate of our own, where the broker asks for one.", ko: "브로커가 요구할 때 보일 우리 인증서 PEM 파일." }),
        key_file: z.string().min(1).optional().meta({ description: "PEM file with the key of our certificate.", ko: "우리 인증서의 키 PEM 파일." }),
        verify: z.boolean().default(true).meta({ description: "Refuse brokers whose certificate does not hold.", ko: "인증서가 맞지 않는 브로커를 거절합니다." }),
      })
      .refine((tls) => (tls.cert_file === undefined) === (tls.key_file === undefined), { path: ["key_file"], message: "cert_file and key_file go together", params: { ko: "cert_file 과 key_file 은 함께 써야 합니다" } })
      .optional()
      .meta({ description: "TLS; without it the connection is plain.", ko: "TLS. 없으면 평문으로 연결합니다." }),
  })
  .refine((given) => (given.queue === undefined) !== (given.exchange === undefined), { path: ["exchange"], message: "give exchange or queue, and only one of them", params: { ko: "exchange 와 queue 중 하나만 쓰세요" } })
  .refine((given) => given.message === "batch" || given.format === "json", { path: ["format"], message: "msgpack goes with `message: batch`", params: { ko: "msgpack 은 message: batch 와 함께 씁니다" } })
  .refine((given) => given.message === "record" || ![given.exchange, given.routing_key, given.queue].some((text) => text?.includes("${record.")), { path: ["message"], message: "a batch has no single record: use ${tag} alone, or `message: record`", params: { ko: "배치에는 레코드가 여럿입니다. ${tag} 만 쓰거나 message: record 로 하세요" } });

export type AmqpOptions = z.output<typeof options>;

export const amqp = defineOutput({
  name: "Amqp",
  summary: { en: "Sends messages to RabbitMQ (AMQP 0-9-1) and waits for its confirmations.", ko: "RabbitMQ(AMQP 0-9-1)에 메시지를 보내고 확인을 받습니다." },
  options,
  example: "out.Amqp:\n  hosts: [192.168.0.1]\n  exchange: logs\n  routing_key: ${tag}",
  address: ({ hosts }) => hosts[0] ?? "",
  async checkEnvironment(given, { configDir, signal }) {
    const { checkBroker } = await import("./amqp/check.ts");
    return checkBroker(given, configDir, signal);
  },
  async open(given, context): Promise<Output> {
    const { Publisher } = await import("./amqp/publisher.ts");
    const publisher = new Publisher(given, context);
    return {
      concurrency: 2,
      write: (batch, signal) => publisher.write(batch, signal),
      healthy: (signal) => publisher.healthy(signal),
      close: () => publisher.close(),
    };
  },
});
