// `queue:` of the jobs: the embedded one, or a broker by its addresses.
import { z } from "#sdk/plugin.ts";
import { wait } from "./jobs-quantities.ts";

/** Names at the broker begin with it; AMQP allows 255 bytes. */
const NAME = /^[\p{L}\p{N}_.:-]{1,50}$/u;

const address = () =>
  z.string().superRefine((text, context) => {
    const wrong = brokerProblem(text);
    if (wrong !== undefined) context.addIssue({ code: "custom", message: wrong.en, params: { ko: wrong.ko } });
  });

const tls = z.strictObject({
  ca: z.string().min(1).optional().meta({ description: "PEM file with the authorities to trust; relative to the config file. The system's unless given.", ko: "신뢰할 인증 기관의 PEM 파일. 설정 파일 기준의 상대 경로. 없으면 시스템의 것을 씁니다." }),
  cert: z.string().min(1).optional().meta({ description: "PEM file with the agent's own certificate, where the broker wants one.", ko: "브로커가 요구할 때 제시할 인증서의 PEM 파일." }),
  key: z.string().min(1).optional().meta({ description: "PEM file with the key of that certificate.", ko: "그 인증서 키의 PEM 파일." }),
  verify: z.boolean().default(true).meta({ description: "Check the broker's certificate.", ko: "브로커의 인증서를 확인합니다." }),
});

export const brokerOptions = z
  .strictObject({
    url: address().optional().meta({ description: "`amqp://user:password@host:5672/vhost`, or `amqps://` with TLS; best with `${env:NAME}` for the password.", ko: "`amqp://user:password@host:5672/vhost`, TLS는 `amqps://`. 비밀번호는 `${env:NAME}`으로 쓰는 것이 좋습니다." }),
    urls: z.array(address()).min(1).max(100).optional().meta({ description: "Addresses of a cluster, tried one after the other.", ko: "클러스터의 주소. 차례로 시도합니다." }),
    name: z.string().refine((text) => NAME.test(text), { error: "write letters, digits, `.`, `_`, `:` and `-`, up to 50", params: { ko: "글자, 숫자, `.`, `_`, `:`, `-`를 50자까지 쓰세요" } }).default("dure.jobs").meta({ description: "Prefix of all names at the broker: agents with the same one share their jobs.", ko: "브로커에 만드는 이름의 앞부분. 같은 것을 쓰는 에이전트끼리 작업을 나눠 맡습니다." }),
    kind: z.enum(["auto", "quorum", "classic"]).default("auto").meta({ description: "Kind of the queues; `auto`: quorum queues where the broker has them.", ko: "큐의 종류. `auto`는 브로커가 지원하면 쿼럼 큐." }),
    heartbeat: wait().prefault("30s").meta({ unit: "duration", description: "After so long without a sign of life the connection counts as lost.", ko: "이 시간 동안 신호가 없으면 연결이 끊긴 것으로 봅니다." }),
    connect_timeout: wait().prefault("10s").meta({ unit: "duration", description: "How long a connection may take.", ko: "연결을 기다리는 시간." }),
    tls: tls.optional().meta({ description: "Of `amqps://` addresses: which certificates.", ko: "`amqps://` 주소에 쓸 인증서." }),
  })
  .superRefine(({ url, urls, tls: given }, context) => {
    if ((url === undefined) === (urls === undefined))
      context.addIssue(
        url === undefined
          ? { code: "invalid_type", expected: "string", path: ["url"], input: undefined }
          : { code: "custom", path: ["urls"], message: "stands beside `url`: write one of them", params: { ko: "`url`과 함께 쓸 수 없습니다. 하나만 쓰세요" } },
      );
    if (given === undefined) return;
    if ((given.cert === undefined) !== (given.key === undefined)) context.addIssue({ code: "custom", path: ["tls"], message: "write `cert` and `key` together", params: { ko: "`cert`와 `key`를 함께 쓰세요" } });
    if ([...(urls ?? []), ...(url === undefined ? [] : [url])].some((each) => !each.startsWith("amqps:"))) context.addIssue({ code: "custom", path: ["tls"], message: "is of `amqps://` addresses only", params: { ko: "`amqps://` 주소에만 씁니다" } });
  });

const short = z.string().superRefine((text, context) => {
  if (text === "embedded") return;
  const wrong = brokerProblem(text);
  if (wrong !== undefined) context.addIssue({ code: "custom", message: text.includes("://") ? wrong.en : `write \`embedded\`, or the address of a broker: \`amqp://user:password@host/vhost\``, params: { ko: text.includes("://") ? wrong.ko : "`embedded`나 브로커의 주소(`amqp://user:password@host/vhost`)를 쓰세요" } });
});

export const queueOptions = z.union([short, z.array(address()).min(1).max(100), brokerOptions]);

export type QueueOptions = z.output<typeof queueOptions>;

/** Says nothing of what the address holds: there is a password in it. */
export function brokerProblem(text: string): { readonly en: string; readonly ko: string } | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!/^amqps?:\/\//.test(text)) return { en: "an address of RabbitMQ begins with `amqp://`, or `amqps://` for TLS", ko: "RabbitMQ 주소는 `amqp://`로 시작합니다. TLS는 `amqps://`" };
  const isWhole = url !== undefined && url.hostname !== "" && url.hash === "" && !/[\s@]/.test(text.slice(text.lastIndexOf("@") + 1)) && isDecodable(url);
  // One `@` ends the password; another one, or a `/`, `#`, `?` before it, was meant to be a part of it.
  if (isWhole && text.indexOf("@") === text.lastIndexOf("@") && !url.pathname.includes("@") && !url.search.includes("@")) return undefined;
  return {
    en: "this is no address of a broker: write `amqp://user:password@host:5672/vhost`; in the user, the password and the vhost write `/` as %2F, `@` as %40, `#` as %23, `?` as %3F, `:` as %3A and `%` as %25",
    ko: "브로커의 주소가 아닙니다. `amqp://user:password@host:5672/vhost`처럼 쓰고, 사용자·비밀번호·vhost의 `/`는 %2F, `@`는 %40, `#`은 %23, `?`는 %3F, `:`는 %3A, `%`는 %25로 쓰세요",
  };
}

function isDecodable({ username, password, pathname }: URL): boolean {
  try {
    for (const part of [username, password, pathname]) decodeURIComponent(part);
    return true;
  } catch {
    return false;
  }
}
