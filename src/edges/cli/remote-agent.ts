// An agent elsewhere, asked over HTTP: each command of the table has its route, a stream comes as server-sent events. Failures are those of the
// agent; what lies between (nobody there, a certificate that we do not know, a proxy that answers itself) is said as that.
import { openAsBlob, readFileSync } from "node:fs";
import { basename } from "node:path";
import { systemCode, toError } from "#base/errors.ts";
import type { JsonValue } from "#base/json.ts";
import { nodeCrypto } from "#base/on-demand.ts";
import type { CommandDefinition } from "#kernel/commands/command.ts";
import { failureStatus } from "#kernel/commands/failure.ts";
import type { FailureFacts } from "#kernel/commands/failure.ts";
import { allCommands } from "../all-commands.ts";
import { pathFor, routeOf } from "../http/route-of.ts";
import type { AskAny, Asking } from "./ask-agent.ts";
import type { Call, RemoteWords } from "./command.ts";
import { exitCode } from "./exit-codes.ts";
import { AgentRefusal, CliFailure, wrongUse } from "./failure.ts";
import { serverSentEvents } from "./server-sent-events.ts";

interface Place {
  readonly url: URL;
  readonly token: string | undefined;
}
type Params = Readonly<Record<string, JsonValue>>;

/** Longer ones some servers and proxies refuse. */
const QUERY_LENGTH_MAX = 2000;

export async function agentAt({ globals: { remote } }: Pick<Call, "globals">): Promise<AskAny> {
  const place = await placeOf(remote);
  return (name, params = {}, more = {}) => ask(place, name, params, more);
}

/** A program, as it lies on the disk: it is never whole in memory. */
export async function uploadTo({ globals: { remote } }: Pick<Call, "globals">, process: string, file: string): Promise<JsonValue> {
  const place = await placeOf(remote);
  const command = allCommands.find(({ name }) => name === "programs.upload");
  if (command === undefined) throw new Error("no command is called programs.upload");
  const url = new URL(place.url);
  url.pathname = `${place.url.pathname.replace(/\/$/, "")}${pathFor(command, process, allCommands).replace(/\/upload$/, "/file")}`;
  url.searchParams.set("file", basename(file));
  const response = await sent(place, url, { method: "POST", headers: { accept: "application/json", "content-type": "application/octet-stream" }, body: await openAsBlob(file) });
  return resultOf(response, place, undefined);
}

async function placeOf(remote: RemoteWords): Promise<Place> {
  const place = { url: addressOf(remote.url ?? process.env["DURE_URL"] ?? ""), token: tokenOf(remote) };
  if (remote.ca !== undefined) await trust(remote.ca);
  return place;
}

async function ask(place: Place, name: string, params: Params, { onEvent, signal }: Asking): Promise<JsonValue> {
  const command = allCommands.find((each) => each.name === name);
  if (command === undefined) throw new Error(`no command is called ${name}`);
  const isStream = command.event !== undefined;
  const { url, method, body } = requestFor(command, params, place.url);
  const headers = { accept: isStream ? "text/event-stream" : "application/json", ...(body === undefined ? {} : { "content-type": "application/json" }) };
  const response = await sent(place, url, { method, headers, ...(body === undefined ? {} : { body }), ...(signal === undefined ? {} : { signal }) });
  return isStream ? streamOf(response, place, onEvent, signal) : resultOf(response, place, signal);
}

/** Rejects when nobody can be reached, or who is there refuses. */
async function sent(place: Place, url: URL, { headers, ...init }: Omit<RequestInit, "headers"> & { readonly headers: Readonly<Record<string, string>> }): Promise<Response> {
  const withToken = { ...headers, ...(place.token === undefined ? {} : { authorization: `Bearer ${place.token}` }) };
  // The token is for this address.
  const response = await fetch(url, { ...init, headers: withToken, redirect: "manual" }).catch((error: unknown): never => {
    throw init.signal?.aborted === true ? error : notReached(place.url, error);
  });
  if (!response.ok) throw await refusalIn(response, place);
  return response;
}

async function resultOf(response: Response, place: Place, signal: AbortSignal | undefined): Promise<JsonValue> {
  try {
    return (await response.json()) as JsonValue;
  } catch (error) {
    throw signal?.aborted === true ? error : noAgent(place.url, response.status);
  }
}

interface HttpRequest {
  readonly url: URL;
  readonly method: string;
  readonly body: string | undefined;
}

function requestFor(command: CommandDefinition, params: Params, base: URL): HttpRequest {
  const { method, isAlsoPost } = routeOf(command);
  const { [command.key ?? ""]: key, ...rest } = params;
  const hasKey = routeOf(command).path.includes(null);
  const left = hasKey ? rest : params;
  const url = new URL(base);
  url.pathname = `${base.pathname.replace(/\/$/, "")}${pathFor(command, String(key ?? ""), allCommands)}`;
  if (method !== "GET") return { url, method, body: JSON.stringify(left) };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(left)) for (const one of Array.isArray(value) ? (value as readonly JsonValue[]) : [value]) query.append(name, typeof one === "object" ? JSON.stringify(one) : String(one));
  const isPlain = Object.values(left).every((value) => typeof value !== "object");
  if (isAlsoPost && (!isPlain || QUERY_LENGTH_MAX < query.toString().length)) return { url, method: "POST", body: JSON.stringify(left) };
  url.search = query.toString();
  return { url, method, body: undefined };
}

async function streamOf(response: Response, { url }: Place, onEvent: Asking["onEvent"], signal: AbortSignal | undefined): Promise<JsonValue> {
  try {
    for await (const { event, data } of serverSentEvents(response)) {
      if (event === "message") onEvent?.(JSON.parse(data) as JsonValue);
      else if (event === "failure") throw new AgentRefusal(JSON.parse(data) as FailureFacts);
      else if (event === "end") return JSON.parse(data) as JsonValue;
    }
  } catch (error) {
    if (error instanceof CliFailure || signal?.aborted === true) throw error;
    throw notReached(url, error);
  }
  throw new CliFailure(
    exitCode.failed,
    { en: "the agent closed the connection before it had answered", ko: "에이전트가 답하기 전에 연결을 끊었습니다" },
    { en: "it has probably ended, or a proxy between does not let streams through", ko: "끝났거나, 중간의 프록시가 스트림을 막고 있을 수 있습니다" },
  );
}

async function refusalIn(response: Response, { url, token }: Place): Promise<Error> {
  const facts = await response
    .json()
    .then((body) => (body as { error?: FailureFacts } | null)?.error)
    .catch((): undefined => undefined);
  if (facts === undefined || !Object.hasOwn(failureStatus, facts.code)) return noAgent(url, response.status);
  if (facts.code !== "UNAUTHENTICATED") return new AgentRefusal(facts);
  const hint =
    token === undefined
      ? { hint: "Give a token: --token-file FILE, or DURE_TOKEN (dure help remote).", ko: { message: facts.ko?.message ?? facts.message, hint: "토큰을 지정하세요: --token-file 파일, 또는 DURE_TOKEN (dure help remote)" } }
      : { hint: "The token is wrong, expired or revoked: make another with `dure tokens create`.", ko: { message: facts.ko?.message ?? facts.message, hint: "토큰이 틀렸거나, 만료되었거나, 취소되었습니다. `dure tokens create`로 새로 만드세요." } };
  return new AgentRefusal({ ...facts, ...hint });
}

function addressOf(text: string): URL {
  const url = /^https?:\/\//i.test(text) ? URL.parse(text) : null;
  if (url === null) throw wrongUse({ en: `\`--url ${text}\` is no address of an agent`, ko: `\`--url ${text}\`: 에이전트의 주소가 아닙니다` }, { en: "write https://host:8600, or http:// where it is not encrypted", ko: "https://호스트:8600 처럼 쓰세요. 암호화하지 않으면 http://" });
  if (url.username !== "" || url.password !== "") throw wrongUse({ en: "an address holds no name or password", ko: "주소에 이름이나 비밀번호를 넣을 수 없습니다" }, { en: "give a token: --token-file FILE, or DURE_TOKEN", ko: "토큰을 지정하세요: --token-file 파일, 또는 DURE_TOKEN" });
  url.search = "";
  url.hash = "";
  return url;
}

function tokenOf({ token, tokenFile }: RemoteWords): string | undefined {
  if (token !== undefined && tokenFile !== undefined) throw wrongUse({ en: "either --token or --token-file", ko: "--token과 --token-file 중 하나만 쓰세요" });
  const found = (token ?? (tokenFile === undefined ? (process.env["DURE_TOKEN"] ?? "") : readFileSync(tokenFile, "utf8"))).trim();
  if (/[^\x21-\x7e]/.test(found)) throw wrongUse({ en: "this is no token: it holds blanks or letters that none has", ko: "토큰이 아닙니다. 토큰에 없는 글자나 공백이 있습니다" });
  return found === "" ? undefined : found;
}

/** For this process, beside those that the system trusts. */
async function trust(file: string): Promise<void> {
  const { getCACertificates, setDefaultCACertificates } = await import("node:tls");
  const text = readFileSync(file, "utf8");
  try {
    void new (nodeCrypto().X509Certificate)(text); // What holds none would be passed over in silence.
    setDefaultCACertificates([...getCACertificates("default"), text]);
  } catch {
    throw wrongUse({ en: `\`--ca ${file}\` holds no certificate`, ko: `\`--ca ${file}\`: 인증서가 들어 있지 않습니다` }, { en: "it begins with -----BEGIN CERTIFICATE-----", ko: "-----BEGIN CERTIFICATE-----로 시작하는 파일이어야 합니다" });
  }
}

function noAgent({ origin }: URL, status: number): CliFailure {
  return new CliFailure(
    exitCode.unreachable,
    { en: `${origin} answers, but not as an agent does (HTTP ${status})`, ko: `${origin} 주소가 응답하지만 에이전트의 응답이 아닙니다 (HTTP ${status})` },
    { en: "check the address and what stands between, such as a proxy", ko: "주소와 중간의 프록시를 확인하세요" },
  );
}

/** `fetch` says only that it failed; why is in the cause. */
function notReached({ origin, protocol }: URL, error: unknown): CliFailure {
  const cause = (error as { cause?: unknown }).cause ?? error;
  const code = systemCode(cause) ?? toError(cause).message;
  if (CERTIFICATE.test(code)) return new CliFailure(exitCode.unreachable, { en: `the certificate of ${origin} is not trusted (${code})`, ko: `${origin} 주소의 인증서를 신뢰할 수 없습니다 (${code})` }, { en: "name the certificate that it is signed with: --ca FILE", ko: "서명한 인증서를 지정하세요: --ca 파일" });
  const isOtherProtocol = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|EPROTO/.test(code) || (protocol === "http:" && /ECONNRESET|UND_ERR_SOCKET|HPE_/.test(code));
  const other = protocol === "https:" ? "http://" : "https://";
  return new CliFailure(
    exitCode.unreachable,
    { en: `no agent can be reached at ${origin} (${code})`, ko: `${origin} 주소의 에이전트에 연결할 수 없습니다 (${code})` },
    isOtherProtocol ? { en: `perhaps it is ${other}`, ko: `${other} 주소일 수 있습니다` } : { en: "check that it runs and listens there: `http:` in its config", ko: "실행 중인지, 설정의 `http:`에서 그 주소를 여는지 확인하세요" },
  );
}

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET_ISSUER)|HOSTNAME_MISMATCH/;
