// Puts each batch as an object into an S3-compatible store. Written means the store has the whole object: it checks our SHA-256 of it.
//
// The name of an object is made when its batch is first sent and holds while the pipeline tries again, so that an attempt whose
// answer was lost is overwritten by the next. It cannot hold over a restart of the agent: a batch that was on its way may lie there twice.
import { defineOutput, z } from "#sdk/plugin.ts";
import type { Output } from "#sdk/plugin.ts";
import { checkHttpOptions, httpOptions, httpUrl } from "./parts/http-options.ts";
import { unknownTimeCodes } from "./parts/time-pattern.ts";
import { checkDelimited, columnsOption } from "./parts/delimited.ts";
import { timeOptions } from "./parts/time-style.ts";

const { username: _username, password: _password, bearer_token: _token, ...shared } = httpOptions();

const options = z
  .strictObject({
    bucket: z.string().refine((name) => /^[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]$/.test(name), { message: "a bucket has 3 to 63 letters, digits, dots and hyphens", params: { ko: "버킷 이름은 글자, 숫자, 점, 하이픈 3~63자입니다" } }).meta({ description: "Bucket to put objects into; it must be there.", ko: "객체를 넣을 버킷. 이미 있어야 합니다." }),
    key: z
      .string()
      .superRefine((key, context) => {
        for (const code of unknownTimeCodes(key)) context.addIssue({ code: "custom", message: `${code} is no time code; use %Y %y %m %d %H %M %S %j, or %% for a percent sign`, params: { ko: `시간 코드가 아닙니다: ${code}. %Y %y %m %d %H %M %S %j 를 쓰고, 퍼센트 글자는 %% 로 쓰세요` } });
        if (!key.includes("${uuid}")) context.addIssue({ code: "custom", message: "put ${uuid} into the key: without it batches would overwrite each other", params: { ko: "키에 ${uuid} 를 넣으세요. 없으면 배치끼리 서로 덮어씁니다" } });
        if (key.startsWith("/")) context.addIssue({ code: "custom", message: "a key does not begin with a slash", params: { ko: "키는 / 로 시작하지 않습니다" } });
      })
      .default("logs/%Y/%m/%d/%H/${tag}-${uuid}")
      .meta({ description: "Name of the objects. Time codes (%Y %m %d %H) stand for when a batch was read, ${tag} for its tag, ${uuid} for its own id. .gz or .zst is added.", ko: "객체 이름. 시간 코드(%Y %m %d %H)는 배치를 읽은 시각, ${tag}는 태그, ${uuid}는 배치마다 다른 id. .gz, .zst 가 붙습니다." }),
    region: z.string().min(1).default("us-east-1").meta({ description: "Region of the bucket.", ko: "버킷의 리전." }),
    endpoint: httpUrl().optional().meta({ description: "Address of the store; by default that of AWS in the region.", ko: "저장소 주소. 기본값은 그 리전의 AWS 주소." }),
    path_style: z.boolean().optional().meta({ description: "Name the bucket in the path instead of the host; by default where an endpoint is given.", ko: "버킷 이름을 호스트 대신 경로에 씁니다. endpoint 를 쓰면 기본으로 켜집니다." }),
    access_key_id: z.string().min(1).meta({ description: "Id of the access key.", ko: "액세스 키 id." }),
    secret_access_key: z.string().min(1).meta({ description: "Secret of the access key.", ko: "액세스 키의 비밀 값.", secret: true }),
    session_token: z.string().min(1).optional().meta({ description: "Token of temporary credentials.", ko: "임시 자격 증명의 토큰.", secret: true }),
    format: z.enum(["auto", "lines", "json", "csv", "tsv", "msgpack"]).default("auto").meta({ description: "auto: text that nobody parsed stays as it is, records become JSON lines. lines: the original line. csv, tsv: the fields of `columns`. msgpack: Fluentd entries.", ko: "auto: 파싱하지 않은 줄은 그대로, 레코드는 JSON 한 줄씩. lines: 원래 줄. csv, tsv: `columns`의 필드. msgpack: Fluentd 엔트리." }),
    ...columnsOption(),
    compress: z.enum(["none", "gzip", "zstd"]).default("gzip").meta({ description: "Compression of objects.", ko: "객체 압축." }),
    content_type: z.string().min(1).optional().meta({ description: "Content type of objects, when it is not the usual one of the format.", ko: "형식의 보통 값과 다를 때의 Content-Type." }),
    storage_class: z.string().min(1).optional().meta({ description: "Storage class, such as STANDARD_IA.", ko: "스토리지 클래스. 예: STANDARD_IA." }),
    concurrency: z.int().min(1).max(64).default(3).meta({ description: "Objects sent at a time.", ko: "동시에 보내는 객체 수." }),
    ...shared,
    ...timeOptions({ zone: "utc" }),
  })
  .superRefine(checkHttpOptions)
  .superRefine(checkDelimited)
  .refine((given) => given.endpoint === undefined || new URL(given.endpoint).pathname === "/", { path: ["endpoint"], message: "an endpoint has no path", params: { ko: "endpoint 에는 경로를 쓰지 않습니다" } });
export type S3Options = z.output<typeof options>;

export const s3 = defineOutput({
  name: "S3",
  summary: { en: "Puts batches as objects into S3 or a store that speaks as it does.", ko: "배치를 객체로 S3 나 S3 호환 저장소에 넣습니다." },
  options,
  example: "out.S3:\n  bucket: my-logs\n  region: ap-northeast-2\n  access_key_id: AKIAIOSFODNN7EXAMPLE\n  secret_access_key: ${env:AWS_SECRET_ACCESS_KEY:-secret}",
  address: ({ endpoint, bucket }) => `${endpoint ?? "s3"}/${bucket}`,
  async checkEnvironment(given, { configDir, signal }) {
    const [{ checkServers }, { storeOf }] = [await import("./parts/http-check.ts"), await import("./s3/object-writer.ts")];
    return checkServers("out.S3", [storeOf(given).server.href], given, { configDir, signal });
  },
  async open(given, context): Promise<Output> {
    const { ObjectWriter } = await import("./s3/object-writer.ts");
    const writer = new ObjectWriter(given, context);
    return {
      concurrency: given.concurrency,
      write: (batch, signal) => writer.write(batch, signal),
      healthy: (signal) => writer.healthy(signal),
      close: () => writer.close(),
    };
  },
});
