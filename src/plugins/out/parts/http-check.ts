// Whether servers can be reached now: for `dure validate` and for failover.
import { systemClock } from "#base/clock.ts";
import { toError } from "#base/errors.ts";
import type { Text } from "#base/lang.ts";
import { HttpError } from "./http-error.ts";
import type { HttpFailure } from "./http-error.ts";
import type { HttpOptions } from "./http-options.ts";
import { HttpSender } from "./http-sender.ts";

const PROBE_MS = 1000;
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

const IN_KOREAN: Readonly<Record<HttpFailure, string>> = {
  unreachable: "연결할 수 없습니다",
  timeout: "제때 답하지 않습니다",
  tls: "TLS 로 연결할 수 없습니다",
  closed: "연결을 바로 닫았습니다",
  garbage: "HTTP 로 말하지 않습니다",
  busy: "지금 받지 못합니다",
  denied: "인증을 거절했습니다",
  aborted: "확인을 그만두었습니다",
};

/** What is wrong with each of the servers now; nothing for those that answer. */
export async function checkServers(plugin: string, urls: readonly string[], given: HttpOptions, { configDir, signal }: { configDir: string; signal: AbortSignal }): Promise<Text[]> {
  const hasty = { ...given, connect_timeout: Math.min(PROBE_MS, given.connect_timeout), answer_timeout: Math.min(PROBE_MS, given.answer_timeout) };
  const sender = new HttpSender(hasty, { configDir, log: SILENT, clock: systemClock }, { socketsMax: 1 });
  const problems: Text[] = [];
  try {
    for (const url of urls) {
      try {
        await probe(sender, new URL(url), signal);
      } catch (thrown) {
        const error = toError(thrown);
        const said = thrown instanceof HttpError ? IN_KOREAN[thrown.failure] : IN_KOREAN.unreachable;
        const hint = thrown instanceof HttpError && thrown.hint !== undefined ? ` ${thrown.hint}` : "";
        problems.push({ en: `${plugin} cannot reach its server now: ${error.message}.${hint}`, ko: `${plugin} 의 서버 ${new URL(url).host}: ${said} (${error.message})` });
      }
    }
  } finally {
    await sender.close();
  }
  return problems;
}

/** Throws when there is no answer. Which one comes to a HEAD says nothing of a server that is made to be written to, but 5xx and 401 do. */
async function probe(sender: HttpSender, url: URL, signal: AbortSignal): Promise<number> {
  const { status } = await sender.ask({ server: url, path: `${url.pathname}${url.search}`, method: "HEAD", headers: {}, body: [] }, signal);
  if (status === 401) throw new HttpError("denied", `${url.host} answered 401`, { hint: "Check the user and password, or the key." });
  return status;
}

/** Whether a write would have a chance. */
export async function isHealthy(sender: HttpSender, url: URL, signal: AbortSignal): Promise<boolean> {
  try {
    const status = await probe(sender, url, signal);
    // Many endpoints know no HEAD and say 501.
    return status < 500 || status === 501;
  } catch {
    return false; // Why, the next write says.
  }
}
