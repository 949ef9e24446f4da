// The options that outputs over HTTP share: who we are, TLS, proxy, how long to wait. Spread them into the output's schema.
import { duration } from "#sdk/options.ts";
import { z } from "#sdk/plugin.ts";

/** A wait that has an end: 0 would give up before anything could happen, and a timer holds 24 days at most. */
const waitingTime = () => duration().refine((ms) => 0 < ms && ms < 2 ** 31, { message: "write a time of more than 0s and less than 24d", params: { ko: "0s 보다 길고 24d 보다 짧은 시간을 쓰세요" } });

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Tabs and printable latin1: a line end would begin another header. */
const HEADER_VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;
/** What the sender itself writes. */
const OWN_HEADERS = new Set(["content-length", "content-encoding", "transfer-encoding", "connection", "host", "expect"]);

/** The address of a server. Names and passwords stand in options of their own: addresses are shown. */
export function httpUrl() {
  return z.string().superRefine((text, context) => {
    const say = (message: string, ko: string): void => void context.addIssue({ code: "custom", message, params: { ko } });
    if (!URL.canParse(text.replaceAll("${tag}", "tag"))) return say("write an address such as https://logs.example.com/in", "https://logs.example.com/in 같은 주소를 쓰세요");
    const url = new URL(text.replaceAll("${tag}", "tag"));
    if (url.protocol !== "http:" && url.protocol !== "https:") return say("the address begins with http:// or https://", "주소는 http:// 나 https:// 로 시작해야 합니다");
    if (url.username !== "" || url.password !== "") return say("put the user and the password into `username` and `password`: addresses are shown in logs", "사용자와 비밀번호는 `username`, `password` 에 쓰세요. 주소는 로그에 나옵니다");
    if (url.hash !== "") return say("an address to send to has no # part", "보낼 주소에는 # 부분이 없습니다");
    if (/^[^/]*\/\/[^/]*\$\{tag\}/.test(text)) say("${tag} may stand in the path, not in the host", "${tag} 는 경로에만 쓸 수 있고 호스트에는 쓸 수 없습니다");
  });
}

export function httpOptions() {
  return {
    username: z.string().min(1).optional().meta({ description: "User for basic authentication.", ko: "기본 인증(basic)의 사용자." }),
    password: z.string().optional().meta({ description: "Password of the user.", ko: "사용자 비밀번호.", secret: true }),
    bearer_token: z.string().min(1).optional().meta({ description: "Token for `Authorization: Bearer`.", ko: "`Authorization: Bearer` 에 쓸 토큰.", secret: true }),
    headers: z
      .record(z.string(), z.string())
      .default({})
      .superRefine((headers, context) => {
        for (const [name, value] of Object.entries(headers)) {
          const issue = (message: string, ko: string): void => void context.addIssue({ code: "custom", path: [name], message, params: { ko } });
          if (!HEADER_NAME.test(name)) issue(`\`${name}\` is no name of an HTTP header`, `HTTP 헤더 이름이 될 수 없습니다: ${name}`);
          else if (OWN_HEADERS.has(name.toLowerCase())) issue(`the header ${name} is written by the output itself`, `${name} 헤더는 출력이 직접 씁니다`);
          else if (!HEADER_VALUE.test(value)) issue("a header holds no control characters and nothing beyond latin1", "헤더 값에는 제어 문자나 latin1 밖의 글자를 쓸 수 없습니다");
        }
      })
      .meta({ description: "More headers, such as a key that the server asks for.", ko: "더 보낼 헤더. 서버가 요구하는 키 등.", secret: true }),
    tls: z
      .strictObject({
        ca_file: z.string().min(1).optional().meta({ description: "PEM file of the authority that signed the server's certificate; by default those of the system.", ko: "서버 인증서를 서명한 기관의 PEM 파일. 기본값은 시스템의 기관들." }),
        cert_file: z.string().min(1).optional().meta({ description: "PEM file with a certificate of our own, where the server asks for one.", ko: "서버가 요구할 때 보일 우리 인증서 PEM 파일." }),
        key_file: z.string().min(1).optional().meta({ description: "PEM file with the key of our certificate.", ko: "우리 인증서의 키 PEM 파일." }),
        verify: z.boolean().default(true).meta({ description: "Refuse servers whose certificate does not hold. false leaves the connection open to whoever stands between.", ko: "인증서가 맞지 않는 서버를 거절합니다. false 면 중간자를 막지 못합니다." }),
        server_name: z.string().min(1).optional().meta({ description: "Name the certificate must hold; by default the host of the address.", ko: "인증서에 있어야 할 이름. 기본값은 주소의 호스트." }),
      })
      .refine((tls) => (tls.cert_file === undefined) === (tls.key_file === undefined), { path: ["key_file"], message: "cert_file and key_file go together", params: { ko: "cert_file 과 key_file 은 함께 써야 합니다" } })
      .prefault({})
      .meta({ description: "TLS of https addresses. The files are read again after a connection failed.", ko: "https 주소의 TLS 설정. 연결이 실패하면 파일을 다시 읽습니다." }),
    proxy: z
      .string()
      .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), { message: "write an address such as http://proxy.example.com:3128", params: { ko: "http://proxy.example.com:3128 같은 주소를 쓰세요" } })
      .optional()
      .meta({ description: "Send through this proxy: http://user:password@host:port. https goes through it by CONNECT.", ko: "이 프록시로 보냅니다: http://사용자:비밀번호@호스트:포트. https 는 CONNECT 로 지나갑니다.", secret: true }),
    connect_timeout: waitingTime().prefault("10s").meta({ description: "Longest wait for a connection.", ko: "연결을 기다리는 시간의 상한." }),
    answer_timeout: waitingTime().prefault("60s").meta({ description: "Without an answer, or without a byte taken, for so long, the request is given up and sent again.", ko: "이 시간 동안 응답이 없거나 한 바이트도 받아 가지 않으면 그만두고 다시 보냅니다." }),
  };
}

export interface HttpOptions {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly bearer_token?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: { readonly ca_file?: string | undefined; readonly cert_file?: string | undefined; readonly key_file?: string | undefined; readonly verify: boolean; readonly server_name?: string | undefined };
  readonly proxy?: string | undefined;
  readonly connect_timeout: number;
  readonly answer_timeout: number;
}

/** For the whole schema: what may not stand together. */
export function checkHttpOptions(given: HttpOptions, context: z.RefinementCtx): void {
  const issue = (path: string, message: string, ko: string): void => void context.addIssue({ code: "custom", path: [path], message, params: { ko } });
  if (given.password !== undefined && given.username === undefined) issue("username", "password needs a username", "password 에는 username 도 필요합니다");
  if (given.bearer_token !== undefined && given.username !== undefined) issue("bearer_token", "give username or bearer_token, not both", "username 과 bearer_token 중 하나만 쓰세요");
  if ((given.bearer_token ?? given.username) !== undefined && Object.keys(given.headers).some((name) => name.toLowerCase() === "authorization")) issue("headers", "the authorization header is written from username or bearer_token", "authorization 헤더는 username 이나 bearer_token 으로 만들어집니다");
}
