// Sends batches to an HTTP endpoint. Written means it answered with success; a failure that may pass brings the same records again,
// so delivery is at least once. What a server refuses for good goes to the dead letters, record by record where it took the rest.
import { defineOutput, z } from "#sdk/plugin.ts";
import type { Output } from "#sdk/plugin.ts";
import { checkHttpOptions, httpOptions, httpUrl } from "./parts/http-options.ts";
import { timeOptions } from "./parts/time-style.ts";

const options = z
  .strictObject({
    url: httpUrl().meta({ description: "Where to send. ${tag} in the path stands for the batch's tag.", ko: "보낼 주소. 경로의 ${tag}는 배치의 태그로 바뀝니다." }),
    method: z.enum(["POST", "PUT", "PATCH"]).default("POST").meta({ description: "Method of the requests.", ko: "요청 메서드." }),
    format: z.enum(["json_lines", "json_array", "lines", "record"]).default("json_lines").meta({
      description: "What a body holds: a JSON object a line, one JSON array, the original lines, or (record) one JSON object, with a request for each record.",
      ko: "본문의 내용: 한 줄에 JSON 객체 하나(json_lines), JSON 배열 하나(json_array), 원래 줄(lines), 레코드마다 요청 하나(record).",
    }),
    content_type: z.string().min(1).optional().meta({ description: "Content type, when it is not the usual one of the format.", ko: "형식의 보통 값과 다를 때의 Content-Type." }),
    compress: z.enum(["none", "gzip", "zstd"]).default("none").meta({ description: "Compression of bodies; the server must understand it.", ko: "본문 압축. 서버가 이해해야 합니다." }),
    success: z.array(z.int().min(200).max(499)).default([]).meta({ description: "Answers that mean written; by default 200 to 299.", ko: "썼다는 뜻인 응답 코드. 기본값은 200부터 299까지." }),
    sign: z
      .strictObject({
        algorithm: z.enum(["hmac-sha256"]).default("hmac-sha256").meta({ description: "How bodies are signed.", ko: "서명 방법." }),
        secret: z.string().min(1).meta({ description: "The key that the receiver has too.", ko: "받는 쪽도 아는 키.", secret: true }),
        style: z.enum(["stripe", "github"]).default("stripe").meta({
          description: "stripe: the header is `t=SECONDS,v1=HEX` and the signed text is SECONDS, a dot and the body. github: the header is `sha256=HEX` over the body alone, which can be replayed. The body is signed as it is sent, after compression.",
          ko: "stripe: 헤더는 `t=초,v1=16진수`이고 초, 점, 본문을 이어 서명합니다. github: 헤더는 `sha256=16진수`이고 본문만 서명하므로 재전송 공격을 막지 못합니다. 본문은 압축한 뒤 보내는 그대로 서명합니다.",
        }),
        header: z.string().refine((name) => /^[A-Za-z0-9-]+$/.test(name), { message: "write a header's name, such as x-signature", params: { ko: "x-signature 같은 헤더 이름을 쓰세요" } }).default("x-dure-signature").meta({ description: "Header that holds the signature.", ko: "서명을 담을 헤더." }),
      })
      .optional()
      .meta({ description: "Signs each body, so that the receiver knows it is ours.", ko: "받는 쪽이 확인할 수 있게 본문마다 서명합니다." }),
    concurrency: z.int().min(1).max(64).default(1).meta({ description: "Batches sent at a time. With more than one, they may arrive in another order.", ko: "동시에 보내는 배치 수. 1보다 크면 도착 순서가 바뀔 수 있습니다." }),
    ...httpOptions(),
    ...timeOptions({ zone: "utc" }),
  })
  .superRefine(checkHttpOptions);
export type WebOptions = z.output<typeof options>;

export const http = defineOutput({
  name: "Http",
  summary: { en: "Sends to an HTTP endpoint: a webhook, a collector, another Dure.", ko: "HTTP 엔드포인트(웹훅, 수집기, 다른 두레)로 보냅니다." },
  options,
  shorthand: "url",
  example: "out.Http:\n  url: https://collector.example.com/logs/${tag}\n  compress: gzip",
  address: ({ url }) => url,
  async checkEnvironment(given, { configDir, signal }) {
    const { checkServers } = await import("./parts/http-check.ts");
    return checkServers("out.Http", [given.url.replaceAll("${tag}", "tag")], given, { configDir, signal });
  },
  async open(given, context): Promise<Output> {
    const { Web } = await import("./http/web.ts");
    const web = new Web(given, context);
    return {
      concurrency: given.concurrency,
      write: (batch, signal) => web.write(batch, signal),
      healthy: (signal) => web.healthy(signal),
      close: () => web.close(),
    };
  },
});
