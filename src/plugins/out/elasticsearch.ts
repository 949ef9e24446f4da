// Sends records to Elasticsearch or OpenSearch by the bulk API. Written means every record has its answer: what the server refuses for
// good (a mapping that does not fit) goes to the dead letters alone, what it has no time for is sent again alone.
//
// Records get ids, so that a bulk whose answer was lost does not double them. An id is made when a batch is first sent and holds while
// the pipeline tries that batch again; it cannot hold over a restart of the agent, after which records that were on their way may
// come twice. It is no hash of the record: two equal lines are two lines. Whoever has a unique field names it in `id_key`, which
// holds over restarts too.
import { defineOutput, z } from "#sdk/plugin.ts";
import type { Output } from "#sdk/plugin.ts";
import { size } from "#sdk/options.ts";
import { checkHttpOptions, httpOptions, httpUrl } from "./parts/http-options.ts";
import { unknownTimeCodes } from "./parts/time-pattern.ts";
import { timeOptions } from "./parts/time-style.ts";

const options = z
  .strictObject({
    url: z
      .union([httpUrl(), z.array(httpUrl()).min(1)])
      .transform((urls) => (Array.isArray(urls) ? urls : [urls]))
      .meta({ description: "Address of the server, or several that are used in turn; a path is put in front of /_bulk.", ko: "서버 주소. 여럿이면 번갈아 씁니다. 경로는 /_bulk 앞에 붙습니다." }),
    index: z
      .string()
      .min(1)
      .superRefine((index, context) => {
        for (const code of unknownTimeCodes(index)) context.addIssue({ code: "custom", message: `${code} is no time code; use %Y %y %m %d %H %M %S %j, or %% for a percent sign`, params: { ko: `시간 코드가 아닙니다: ${code}. %Y %y %m %d %H %M %S %j 를 쓰고, 퍼센트 글자는 %% 로 쓰세요` } });
        if (/[A-Z\\/*?"<>| ,#:]/.test(index.replaceAll(/%.|\$\{tag\}/g, ""))) context.addIssue({ code: "custom", message: 'an index has no capital letters and none of \\ / * ? " < > | , # : or spaces', params: { ko: '인덱스 이름에는 대문자와 \\ / * ? " < > | , # : 및 공백을 쓸 수 없습니다' } });
      })
      .default("logs-%Y.%m.%d")
      .meta({ description: "Index or data stream. Time codes (%Y %m %d %H) stand for each record's own time, ${tag} for the tag in small letters.", ko: "인덱스나 데이터 스트림. 시간 코드(%Y %m %d %H)는 레코드 각자의 시각, ${tag}는 소문자로 쓴 태그." }),
    op: z.enum(["create", "index"]).default("create").meta({ description: "create: what is there already stays and counts as written; data streams take only this. index: the newer record takes the place of one with the same id.", ko: "create: 이미 있는 것은 그대로 두고 쓴 것으로 칩니다. 데이터 스트림은 이것만 받습니다. index: 같은 id 의 레코드를 새것으로 바꿉니다." }),
    id_key: z.string().min(1).optional().meta({ description: "Field whose value is the record's id. Without it (or in records that lack it) an id is made that holds until the batch is written: a lost answer doubles nothing, a restart may.", ko: "값이 레코드의 id 가 되는 필드. 없으면 배치를 다 쓸 때까지 유효한 id 를 만듭니다. 응답을 잃어도 두 번 들어가지 않지만, 재시작 뒤에는 그럴 수 있습니다." }),
    pipeline: z.string().min(1).optional().meta({ description: "Ingest pipeline of the server.", ko: "서버의 인제스트 파이프라인." }),
    api_key: z.string().min(1).optional().meta({ description: "API key as the server gave it (base64 of id:key).", ko: "서버가 준 API 키(id:key 의 base64).", secret: true }),
    compress: z.enum(["none", "gzip"]).default("gzip").meta({ description: "Compression of bodies.", ko: "본문 압축." }),
    bulk_max: size().prefault("8MB").meta({ description: "Most bytes of one bulk request, before compression; a larger batch goes in several.", ko: "벌크 요청 하나의 최대 크기(압축 전). 더 큰 배치는 나눠 보냅니다." }),
    concurrency: z.int().min(1).max(64).default(3).meta({ description: "Bulk requests at a time.", ko: "동시 벌크 요청 수." }),
    ...httpOptions(),
    ...timeOptions({ zone: "utc" }),
    time_key: z.string().default("@timestamp").meta({ description: "Name of the field that is added for the event time; data streams need @timestamp. A record that has a field of that name keeps its own.", ko: "이벤트 시각으로 더할 필드 이름. 데이터 스트림에는 @timestamp 가 있어야 합니다. 같은 이름의 필드가 이미 있는 레코드는 자기 값을 그대로 둡니다." }),
  })
  .superRefine(checkHttpOptions)
  .superRefine((given, context) => {
    if (given.api_key !== undefined && (given.username ?? given.bearer_token) !== undefined) context.addIssue({ code: "custom", path: ["api_key"], message: "give api_key, username or bearer_token: one of them", params: { ko: "api_key, username, bearer_token 중 하나만 쓰세요" } });
    if (given.api_key !== undefined && Object.keys(given.headers).some((name) => name.toLowerCase() === "authorization")) context.addIssue({ code: "custom", path: ["headers"], message: "the authorization header is written from api_key", params: { ko: "authorization 헤더는 api_key 로 만들어집니다" } });
    if (given.url.some((url) => url.includes("${tag}"))) context.addIssue({ code: "custom", path: ["url"], message: "${tag} belongs into `index`", params: { ko: "${tag} 는 `index` 에 쓰세요" } });
  });
export type ElasticsearchOptions = z.output<typeof options>;

export const elasticsearch = defineOutput({
  name: "Elasticsearch",
  summary: { en: "Sends to Elasticsearch or OpenSearch by the bulk API.", ko: "벌크 API 로 Elasticsearch 나 OpenSearch 에 보냅니다." },
  options,
  otherNames: ["out.OpenSearch"],
  shorthand: "url",
  example: "out.Elasticsearch:\n  url: https://search.example.com:9200\n  index: logs-%Y.%m.%d",
  address: ({ url }) => url[0] ?? "",
  async checkEnvironment(given, { configDir, signal }) {
    const [{ checkServers }, { senderOptions }] = [await import("./parts/http-check.ts"), await import("./elasticsearch/bulk-writer.ts")];
    return checkServers("out.Elasticsearch", given.url, senderOptions(given), { configDir, signal });
  },
  async open(given, context): Promise<Output> {
    const { BulkWriter } = await import("./elasticsearch/bulk-writer.ts");
    const writer = new BulkWriter(given, context);
    return {
      concurrency: given.concurrency,
      write: (batch, signal) => writer.write(batch, signal),
      healthy: (signal) => writer.healthy(signal),
      close: () => writer.close(),
    };
  },
});
