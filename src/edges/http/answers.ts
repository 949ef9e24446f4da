// What goes back to a client: results as they are, failures in one shape, and the headers that keep a browser from doing more than it should.
import type { FastifyReply } from "fastify";
import type { FailureCode, FailureFacts } from "#kernel/commands/failure.ts";
import { failureFacts, failureStatus } from "#kernel/commands/failure.ts";

export const JSON_TYPE = "application/json; charset=utf-8";

/** On every answer. No HSTS: it would hold for every other service on this machine's name. */
export const usualHeaders = {
  "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "same-origin",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

/** `text`: JSON already. */
export function sendJson(reply: FastifyReply, text: string, status = 200): FastifyReply {
  return reply.code(status).header("content-type", JSON_TYPE).header("cache-control", "no-store").send(text);
}

export function sendFailure(reply: FastifyReply, thrown: unknown): FastifyReply {
  const facts = failureFacts(thrown);
  if (facts.code === "UNAUTHENTICATED") void reply.header("www-authenticate", 'Bearer realm="dure"');
  if (facts.code === "BUSY") void reply.header("retry-after", "1");
  return sendFacts(reply, facts, failureStatus[facts.code]);
}

export function sendFacts(reply: FastifyReply, facts: FailureFacts, status: number): FastifyReply {
  return sendJson(reply, JSON.stringify({ error: facts }), status);
}

/** What the edge itself has to refuse, in the words of a command's failure. */
export function refusal(code: FailureCode, message: string, ko: string, hint?: string, koHint?: string): FailureFacts {
  return { code, message, ...(hint === undefined ? {} : { hint }), ko: { message: ko, ...(koHint === undefined ? {} : { hint: koHint }) } };
}

export const nobody = refusal("UNAUTHENTICATED", "you are not logged in", "로그인하지 않았습니다", "Log in, or send `Authorization: Bearer TOKEN`.", "로그인하거나 `Authorization: Bearer 토큰` 헤더를 보내세요.");
