// Takes records over HTTP: lines, JSON lines, a JSON array or object. With `confirm: written` (the default) a request is answered with 200
// when all of it is written (or in the dead letters) on our far side: a client that sends again what was not answered loses nothing.
import { defineInput, z } from "#sdk/plugin.ts";
import { duration, size } from "#sdk/options.ts";

const HTTP_PORT = 8080;
/** A request becomes one piece of chunk memory. */
const BODY_BYTES_MAX = 64 << 20;
const waitingTime = () => duration().refine((ms) => 0 < ms && ms < 2 ** 31, { message: "write a time of more than 0s and less than 24d", params: { ko: "0s 보다 길고 24d 보다 짧은 시간을 쓰세요" } });

const options = z
  .strictObject({
    host: z.string().min(1).default("127.0.0.1").meta({ description: "Address to listen on. The default takes clients of this machine only; 0.0.0.0 takes those of any network: set a password, a token or tls then.", ko: "들을 주소. 기본값은 이 장비의 클라이언트만 받습니다. 0.0.0.0 은 모든 망에서 받으므로 비밀번호, 토큰, tls 중 하나를 함께 쓰세요." }),
    port: z.int().min(0).max(65_535).default(HTTP_PORT).meta({ description: "TCP port to listen on; 0 lets the system choose.", ko: "들을 TCP 포트. 0 이면 시스템이 고릅니다." }),
    format: z.enum(["auto", "lines", "json_lines", "json"]).default("auto").meta({ description: "What bodies hold. auto: as the content type says, lines without one. json: an object, or an array of objects.", ko: "본문의 내용. auto: Content-Type 을 따르며 없으면 줄. json: 객체 하나 또는 객체의 배열." }),
    tag: z.string().min(1).default("http").meta({ description: "Tag of what comes in.", ko: "들어온 것의 태그." }),
    paths: z
      .record(z.string(), z.string().min(1))
      .default({})
      .superRefine((paths, context) => {
        for (const path of Object.keys(paths)) if (!path.startsWith("/") || /[?#]/.test(path)) context.addIssue({ code: "custom", path: [path], message: "a path begins with / and has no ? or #", params: { ko: "경로는 / 로 시작하고 ? 나 # 이 없어야 합니다" } });
      })
      .meta({ description: "Tags by path, such as `/nginx: web.nginx`. With it other paths are answered with 404; without it every path is taken.", ko: "경로별 태그. 예: `/nginx: web.nginx`. 쓰면 다른 경로는 404, 안 쓰면 모든 경로를 받습니다." }),
    time_key: z.string().default("time").meta({ description: 'The field of JSON records that holds the event\'s time (ISO 8601, or seconds since 1970) and is taken out of them; "" for none. Others have the time they came.', ko: 'JSON 레코드에서 이벤트 시각(ISO 8601 또는 1970년부터의 초)이 든 필드로, 레코드에서는 뺍니다. 없으면 "". 시각이 없는 것은 들어온 시각을 씁니다.' }),
    confirm: z.enum(["written", "received"]).default("written").meta({ description: "When a request is answered. written: when it is written on the far side. received: at once; what is held in memory is lost if the agent dies.", ko: "응답하는 때. written: 끝까지 쓴 뒤. received: 바로. 이때 메모리에 있던 것은 에이전트가 죽으면 잃습니다." }),
    username: z.string().min(1).optional().meta({ description: "Clients must give this user (basic authentication).", ko: "클라이언트가 대야 하는 사용자(basic 인증)." }),
    password: z.string().min(1).optional().meta({ description: "Password of the user.", ko: "사용자 비밀번호.", secret: true }),
    bearer_token: z.string().min(1).optional().meta({ description: "Clients must give this token (`Authorization: Bearer`); where a user is set too, either will do.", ko: "클라이언트가 대야 하는 토큰(`Authorization: Bearer`). 사용자도 정했으면 둘 중 하나면 됩니다.", secret: true }),
    tls: z
      .strictObject({
        cert_file: z.string().min(1).meta({ description: "PEM file with this server's certificate (and its chain).", ko: "이 서버의 인증서(와 체인) PEM 파일." }),
        key_file: z.string().min(1).meta({ description: "PEM file with the key of the certificate.", ko: "인증서의 키 PEM 파일." }),
        ca_file: z.string().min(1).optional().meta({ description: "PEM file; when set, clients must show a certificate signed by one of these authorities.", ko: "PEM 파일. 쓰면 클라이언트도 이 기관들이 서명한 인증서를 보여야 합니다." }),
      })
      .optional()
      .meta({ description: "TLS; without it connections are plain.", ko: "TLS. 없으면 평문으로 연결합니다." }),
    max_body: size()
      .refine((bytes) => 0 < bytes && bytes <= BODY_BYTES_MAX, { message: "write a size of at most 64MB: a request is held in memory as one piece", params: { ko: "64MB 이하로 쓰세요. 요청 하나는 메모리에 한 덩어리로 둡니다" } })
      .prefault("10MB")
      .meta({ description: "Largest body, packed or unpacked; a larger one is answered with 413.", ko: "본문의 최대 크기(압축 전후 모두). 넘으면 413 으로 답합니다." }),
    max_held: size().prefault("64MB").meta({ description: "Bodies held at a time, together; above it requests are answered with 503 and Retry-After.", ko: "동시에 들고 있는 본문 전체의 상한. 넘으면 503 과 Retry-After 로 답합니다." }),
    max_requests: z.int().min(1).default(256).meta({ description: "Requests under way at a time; more are answered with 503 and Retry-After.", ko: "동시에 처리하는 요청 수의 상한. 넘으면 503 과 Retry-After 로 답합니다." }),
    max_connections: z.int().min(1).default(512).meta({ description: "Most connections at a time.", ko: "동시 연결 수의 상한." }),
    request_timeout: waitingTime().prefault("30s").meta({ description: "A client that takes longer to send a request is cut off.", ko: "요청을 보내는 데 이보다 오래 걸리는 클라이언트를 끊습니다." }),
  })
  .refine((given) => (given.username === undefined) === (given.password === undefined), { path: ["password"], message: "username and password go together", params: { ko: "username 과 password 는 함께 써야 합니다" } })
  .refine((given) => given.max_body <= given.max_held, { path: ["max_held"], message: "max_held is at least max_body", params: { ko: "max_held 는 max_body 이상이어야 합니다" } });
export type HttpInputOptions = z.output<typeof options>;

export const http = defineInput({
  name: "Http",
  summary: { en: "Takes lines and JSON over HTTP, and answers when they are written.", ko: "HTTP 로 줄과 JSON 을 받고, 다 쓴 뒤에 답합니다." },
  shorthand: "port",
  options,
  example: "in.Http:\n  port: 8080",
  async open(given, context) {
    const [{ Intake }, { WebServer }] = [await import("./http/intake.ts"), await import("./http/web-server.ts")];
    const intake = new Intake(context);
    const server = await WebServer.listen(given, context, intake);
    return {
      async read(signal) {
        while (!signal.aborted) {
          const delivery = await intake.next(signal);
          if (delivery !== undefined || signal.aborted) return delivery;
          // Under `dure test` the stream ends with its clients.
          if (context.mode === "test" && server.isLeft && intake.isEmpty) return undefined;
          await intake.ready(signal);
        }
        return undefined;
      },
      // With `confirm: received` its client believes it to be in good hands.
      async readRest(signal) {
        intake.refuse();
        while (!intake.isEmpty && !signal.aborted) {
          const delivery = await intake.next(signal);
          if (delivery !== undefined) return delivery;
        }
        return undefined;
      },
      async close() {
        intake.close();
        await server.close();
      },
    };
  },
});
