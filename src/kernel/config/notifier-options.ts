// What stands in one entry of `notifiers:`.
import { z } from "#sdk/plugin.ts";
import { eachRate, wait } from "./jobs-quantities.ts";
import { brokerProblem } from "./queue-options.ts";

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Tabs and printable latin1: a line end would begin another header. */
const HEADER_VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;
/** An address alone, or `Name <address>`; a line end would begin another header. */
const ADDRESS = /^(?:[^<>\r\n]*<)?[^\s<>@,;]+@[^\s<>@,;]+>?$/u;

const tls = {
  ca: z.string().min(1).optional().meta({ description: "PEM file with the authorities to trust; relative to the config file. The system's unless given.", ko: "신뢰할 인증 기관의 PEM 파일. 설정 파일 기준의 상대 경로. 없으면 시스템의 것을 씁니다." }),
  cert: z.string().min(1).optional().meta({ description: "PEM file with a certificate of our own, where the server wants one.", ko: "서버가 요구할 때 제시할 인증서의 PEM 파일." }),
  key: z.string().min(1).optional().meta({ description: "PEM file with the key of that certificate.", ko: "그 인증서 키의 PEM 파일." }),
  verify: z.boolean().default(true).meta({ description: "Check the server's certificate.", ko: "서버의 인증서를 확인합니다." }),
};
const TLS = { description: "Which certificates.", ko: "쓸 인증서." };

const webhook = z.strictObject({
  url: z
    .string()
    .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), { error: "write an address such as https://chat.example.com/hooks/1", params: { ko: "https://chat.example.com/hooks/1 같은 주소를 쓰세요" } })
    .refine((text) => !URL.canParse(text) || (new URL(text).username === "" && new URL(text).password === ""), { error: "put what lets it in into `headers`", params: { ko: "인증 정보는 `headers`에 쓰세요" } })
    .meta({ secret: true, description: "Where notices are posted as JSON. Best as `${env:NAME}` where the address itself is the key.", ko: "알림을 JSON으로 보낼(POST) 주소. 주소 자체가 열쇠라면 `${env:NAME}`으로 쓰는 것이 좋습니다." }),
  headers: z
    .record(z.string().regex(HEADER_NAME, { error: "is the name of a header" }), z.string().regex(HEADER_VALUE, { error: "a header is one line of ASCII" }))
    .default({})
    .meta({ secret: true, description: "Headers beside its own, such as `authorization`.", ko: "더 보낼 헤더. 예: `authorization`." }),
  secret: z.string().min(1).optional().meta({ secret: true, description: "Signs each notice as Standard Webhooks does: headers `webhook-id`, `webhook-timestamp` and `webhook-signature` (HMAC-SHA256 over `id.timestamp.body`).", ko: "Standard Webhooks 방식으로 서명합니다: `webhook-id`, `webhook-timestamp`, `webhook-signature` 헤더(`id.timestamp.body`의 HMAC-SHA256)." }),
  body: z.json().optional().meta({ description: "What is sent instead of the usual JSON. In its texts `{subject}`, `{text}`, `{event}`, `{host}`, `{at}`, `{id}` and `{data.NAME}` are replaced.", ko: "기본 JSON 대신 보낼 내용. 글 안의 `{subject}`, `{text}`, `{event}`, `{host}`, `{at}`, `{id}`, `{data.이름}`은 값으로 바뀝니다." }),
  proxy: z.url({ protocol: /^https?$/ }).optional().meta({ secret: true, description: "Through this proxy: `http://user:password@host:port`.", ko: "거쳐 갈 프록시: `http://사용자:비밀번호@호스트:포트`." }),
  tls: z.strictObject(tls).prefault({}).meta(TLS),
});

const addresses = () =>
  z.preprocess((given) => (typeof given === "string" ? given.split(",").map((each) => each.trim()) : given), z.array(z.string().regex(ADDRESS, { error: "write a mail address: ops@example.com or \"Ops <ops@example.com>\"" })).max(100));

const mail = z
  .strictObject({
    server: z
      .string()
      .refine((text) => URL.canParse(text) && /^smtps?:$/.test(new URL(text).protocol) && new URL(text).hostname !== "", { error: "write `smtp://user:password@mail.example.com:587`, or `smtps://` for TLS from the start", params: { ko: "`smtp://user:password@mail.example.com:587`처럼 쓰고, 처음부터 TLS면 `smtps://`로 쓰세요" } })
      .meta({ secret: true, description: "Mail server: `smtp://user:password@host:587`, or `smtps://` for TLS from the start. In the password write `/` as %2F, `@` as %40, `#` as %23, `%` as %25.", ko: "메일 서버: `smtp://user:password@host:587`, 처음부터 TLS면 `smtps://`. 비밀번호의 `/`는 %2F, `@`는 %40, `#`은 %23, `%`는 %25로 씁니다." }),
    from: z.string().regex(ADDRESS, { error: "write a mail address: dure@example.com or \"Dure <dure@example.com>\"" }).meta({ description: "Sender.", ko: "보내는 사람." }),
    to: addresses().meta({ description: "Receivers: an address, or a list.", ko: "받는 사람: 주소 하나나 목록." }),
    cc: addresses().default([]).meta({ description: "Who gets a copy.", ko: "참조로 받을 사람." }),
    tls: z
      .strictObject({ ...tls, required: z.boolean().optional().meta({ description: "Say nothing to a server that does not encrypt. Unless given: where there is a password and the server is another machine.", ko: "암호화하지 않는 서버에는 보내지 않습니다. 쓰지 않으면, 비밀번호가 있고 다른 컴퓨터의 서버일 때 그렇게 합니다." }) })
      .prefault({})
      .meta(TLS),
  })
  .refine(({ to }) => 0 < to.length, { path: ["to"], error: "name at least one receiver", params: { ko: "받는 사람을 하나 이상 쓰세요" } });

const amqp = z
  .strictObject({
    url: z
      .string()
      .superRefine((text, context) => {
        const wrong = brokerProblem(text);
        if (wrong !== undefined) context.addIssue({ code: "custom", message: wrong.en, params: { ko: wrong.ko } });
      })
      .meta({ secret: true, description: "Broker: `amqp://user:password@host:5672/vhost`, or `amqps://`.", ko: "브로커: `amqp://user:password@host:5672/vhost` 또는 `amqps://`." }),
    exchange: z.string().max(255).default("").meta({ description: "Exchange, which must be there; without it the queue that is called as the routing key.", ko: "익스체인지. 미리 있어야 합니다. 쓰지 않으면 라우팅 키와 이름이 같은 큐로 보냅니다." }),
    routing_key: z.string().max(255).default("").meta({ description: "Routing key, or the queue's name where there is no exchange.", ko: "라우팅 키. 익스체인지가 없으면 큐 이름." }),
    tls: z.strictObject(tls).prefault({}).meta(TLS),
  })
  .refine((given) => given.exchange !== "" || given.routing_key !== "", { path: ["routing_key"], error: "name a queue here, or an exchange beside it", params: { ko: "여기에 큐 이름을 쓰거나 `exchange`를 쓰세요" } });

const EVENT = /^(?:\*|[a-z][a-z-]*\.(?:\*|[a-z][a-z-]*))$/;
const event = z.string().regex(EVENT, { error: "write the name of an event, such as job.failed, `pipeline.*` for all of a kind, or `*`" });

export const notifierOptions = z
  .strictObject({
    webhook: z.preprocess((given) => (typeof given === "string" ? { url: given } : given), webhook).optional().meta({ description: "Post to a web address. An address alone is short for its `url`.", ko: "웹 주소로 보냅니다. 주소만 쓰면 `url`의 줄임입니다." }),
    mail: mail.optional().meta({ description: "Send a mail.", ko: "메일을 보냅니다." }),
    amqp: amqp.optional().meta({ description: "Publish to a RabbitMQ, persistent and confirmed.", ko: "RabbitMQ에 발행하고 확인을 받습니다." }),
    on: z.preprocess((given) => (typeof given === "string" ? [given] : given), z.array(event).max(100)).default([]).meta({ description: "Events that are told: `job.failed`, `[process.failed, \"pipeline.*\"]`, `\"*\"`. Without it, only what rules and people send.", ko: "알릴 이벤트: `job.failed`, `[process.failed, \"pipeline.*\"]`, `\"*\"`. 쓰지 않으면 규칙이나 사람이 보낸 것만 보냅니다." }),
    lang: z.enum(["en", "ko"]).optional().meta({ description: "Language of the texts; the agent's unless given.", ko: "글의 언어. 쓰지 않으면 에이전트의 언어." }),
    timeout: wait().prefault("30s").meta({ unit: "duration", description: "Longest wait for a connection, and for an answer.", ko: "연결과 응답을 기다리는 시간." }),
    attempts: z.int().min(1).max(1000).default(20).meta({ description: "How often a notice is tried before it is a dead letter.", ko: "데드레터가 되기 전까지 모두 몇 번 시도할지." }),
    backoff: z
      .strictObject({
        first: wait().prefault("5s").meta({ unit: "duration", description: "Wait before the second attempt; it doubles from there.", ko: "두 번째 시도까지 기다리는 시간. 그 뒤로 두 배씩 늡니다." }),
        most: wait().prefault("30m").meta({ unit: "duration", description: "The longest wait between two attempts.", ko: "시도 사이에 가장 오래 기다리는 시간." }),
      })
      .refine(({ first, most }) => first <= most, { path: ["most"], error: "must not be shorter than `first`", params: { ko: "`first`보다 짧을 수 없습니다" } })
      .prefault({})
      .meta({ description: "How long to wait between attempts.", ko: "시도 사이에 기다리는 시간." }),
    concurrency: z.int().min(1).max(64).default(4).meta({ description: "Notices under way at a time.", ko: "동시에 보내는 알림 수." }),
    rate: eachRate().optional().meta({ description: "Notices that are sent in a time: `30/h`. The rest wait for their turn.", ko: "정한 시간에 보낼 알림 수: `30/h`. 나머지는 차례를 기다립니다." }),
  })
  .superRefine((given, context) => {
    const kinds = (["webhook", "mail", "amqp"] as const).filter((kind) => given[kind] !== undefined);
    if (kinds.length === 1) return;
    const [, second = ""] = kinds;
    context.addIssue({ code: "custom", path: kinds.length === 0 ? [] : [second], message: kinds.length === 0 ? "say where to: `webhook`, `mail` or `amqp`" : `stands beside \`${kinds[0]}\`: a notifier has one way; make two of them`, params: { ko: kinds.length === 0 ? "어디로 보낼지 `webhook`, `mail`, `amqp` 가운데 하나를 쓰세요" : `\`${kinds[0]}\`와 함께 쓸 수 없습니다. 알림 대상을 둘로 나누세요` } });
  });

export type NotifierOptions = z.output<typeof notifierOptions>;
