// What every request has to pass before anything else: it is for a name of ours, and what changes something does not come from a foreign page.
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { FailureFacts } from "#kernel/commands/failure.ts";
import { failureStatus } from "#kernel/commands/failure.ts";
import { refusal, sendFacts, usualHeaders } from "./answers.ts";
import type { KnownNames } from "./known-names.ts";

const HARMLESS = new Set(["GET", "HEAD", "OPTIONS"]);

export function guard(server: FastifyInstance, names: KnownNames): void {
  server.addHook("onRequest", (request, reply, done) => {
    void reply.headers(usualHeaders).header("x-request-id", request.id);
    const refused = refusedBy(names, request);
    if (refused === undefined) return done();
    sendFacts(reply, refused, failureStatus[refused.code]);
  });
}

function refusedBy(names: KnownNames, { method, routeOptions, headers }: FastifyRequest): FailureFacts | undefined {
  const { host, origin, cookie, upgrade, "sec-fetch-site": site } = headers;
  if (!names.isOurs(host)) return unknownName;
  const isElsewhere = site !== undefined && site !== "same-origin" && site !== "none";
  if (HARMLESS.has(method) && upgrade === undefined) {
    // A picture in a page of another port of this machine comes with our cookie, for those know no ports: it could begin a tap in its reader's name.
    return isElsewhere && cookie !== undefined && routeOptions.url?.startsWith("/api/") === true ? foreignPage : undefined;
  }
  // A browser that sends a cookie says where from; without either, no browser is at work.
  const isForeign = isElsewhere || (origin === undefined ? cookie !== undefined : !names.isOwnPage(origin, host));
  return isForeign ? foreignPage : undefined;
}

const unknownName = refusal(
  "FORBIDDEN",
  "this agent is not known by the name that the request was sent to",
  "요청한 이름은 이 에이전트가 아는 이름이 아닙니다",
  "Call it by its address, or add the name to `http: allowed_hosts`.",
  "주소로 부르거나 `http: allowed_hosts`에 그 이름을 넣으세요.",
);
const foreignPage = refusal(
  "FORBIDDEN",
  "the request comes from a page of another place",
  "다른 곳의 페이지에서 보낸 요청입니다",
  "Call it from its own pages, or with a token instead of a login; behind a proxy, add its name to `http: allowed_hosts`.",
  "이 에이전트의 페이지에서 부르거나 로그인 대신 토큰을 쓰세요. 프록시 뒤라면 `http: allowed_hosts`에 그 이름을 넣으세요.",
);
