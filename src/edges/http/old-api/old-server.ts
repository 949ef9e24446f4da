// EventFlow's HTTP API on a port of its own (`flask run`). On loopback nobody logs in who is the agent's own user, as with the console; so pages of a browser
// are kept out by what a browser says of them, and names that are not ours with them.
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { UsageError, systemCode, toError } from "#base/errors.ts";
import { isLoopback } from "#base/loopback.ts";
import type { Access } from "#kernel/access/access.ts";
import type { Caller } from "#kernel/access/caller.ts";
import { CommandFailure, failureFacts, failureStatus } from "#kernel/commands/failure.ts";
import type { CommandTable } from "#kernel/commands/table.ts";
import type { Log } from "#sdk/plugin.ts";
import { LongLines } from "../../console/line-reader.ts";
import { localVisitor, loginFirst, plainAddress } from "../../console/local-visitor.ts";
import type { LocalOptions } from "../../console/local-visitor.ts";
import { reasonOf } from "../../console/old-answers.ts";
import { boundBodies, mayBeSlow } from "../body-bound.ts";
import { knownNames } from "../known-names.ts";
import { BasicLogins } from "./basic-logins.ts";
import { answerOld, results } from "./old-routes.ts";
import type { OldAnswer } from "./old-routes.ts";
import { isUpload, jsonBody, notHere, oldText, pathOf, PREFIX, usualBodyLimits } from "./old-wire.ts";
import type { OldBodyLimits } from "./old-wire.ts";

export interface OldApiParts extends Pick<LocalOptions, "isLoginNeeded" | "peerUser"> {
  readonly plan: { readonly host: string; readonly port: number };
  readonly log: Log;
  /** Of the command table and who may come in; asked at the first request. */
  lead(): Promise<{ readonly table: CommandTable; readonly access: Pick<Access, "authenticate" | "login"> }>;
  readonly limits?: Partial<OldApiLimits>;
}

export interface OldApiLimits extends OldBodyLimits {
  readonly connectionsMax: number;
  /** How long a client may take to say what it wants, and to take an answer; of a program, how long nothing of it may come. */
  readonly headersMs: number;
  readonly requestMs: number;
}

const usualLimits: OldApiLimits = { ...usualBodyLimits, connectionsMax: 256, headersMs: 10_000, requestMs: 120_000 };

export interface OldApi {
  readonly port: number;
  /** `/` and 20 letters and digits, drawn at each start: who GETs it ends this listener. Undefined once it has. */
  shutdownCode(): string | undefined;
  close(): Promise<void>;
}

/** For the answer to who had it ended. */
const GOODBYE_MS = 500;

export async function openOldApi({ plan, log, lead, limits: given = {}, isLoginNeeded, peerUser }: OldApiParts): Promise<OldApi> {
  const limits = { ...usualLimits, ...given };
  const names = knownNames({ host: plan.host, allowedHosts: [] });
  const code = `/${letters(20)}`;
  const held = new LongLines(limits.heldBytesMax);
  let logins: BasicLogins | undefined;
  let isOpen = true;
  const server = createServer({ headersTimeout: limits.headersMs, requestTimeout: 0, connectionsCheckingInterval: 1000, keepAliveTimeout: 15_000, maxHeaderSize: 16 << 10 }, (request, response) => {
    request.on("error", () => {});
    response.on("error", () => {});
    void answer(request, response).catch((error: unknown) => {
      log.error("a request to the old API could not be answered", { error });
      response.destroy();
    });
  });
  boundBodies(server, limits.requestMs, (socket) => socket.end("HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\r\n", () => socket.destroy()));
  server.maxConnections = limits.connectionsMax;
  server.setTimeout(limits.requestMs); // Of who does not take his answer, too.

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = request.url ?? "/";
    const [pathname = "/", query = ""] = url.split("?", 2);
    const mayBeLong = isUpload(request.method, pathname);
    try {
      mustBeWelcome(request, names.isOurs(request.headers.host));
      const { table, access } = await lead();
      logins ??= new BasicLogins(access);
      const caller = await whoIs(request, access, logins);
      if (pathname === code || pathname === `${PREFIX}${code.slice(1)}`) {
        if (request.method !== "GET" || caller.role !== "admin") throw new CommandFailure("FORBIDDEN", { message: "only an admin ends this listener, with a GET", ko: { message: "관리자만 GET으로 끌 수 있습니다" } });
        log.warn("the old API was ended by its shutdown code; `set conf flask run:True` or the next start brings it back", { by: caller.name, address: caller.address });
        send(response, { status: 200, body: results([{ isDone: true, message: "BYE" }]) }, true);
        return void stop();
      }
      if (!pathname.startsWith(PREFIX)) throw notHere();
      const gone = new AbortController();
      response.once("close", () => gone.abort());
      if (mayBeLong) mayBeSlow(request);
      const body = await jsonBody(request, mayBeLong ? limits.uploadBytesMax : limits.bodyBytesMax, held);
      send(response, await answerOld({ table, caller, signal: gone.signal, shutdownCode: isOpen ? code : undefined }, { method: request.method ?? "", path: pathOf(pathname), query: new URLSearchParams(query), body }));
    } catch (error) {
      const { code: why } = failureFacts(error);
      if (why === "UNAUTHENTICATED") response.setHeader("www-authenticate", 'Basic realm="dure", charset="UTF-8"');
      // What was not read of a body would be the next request.
      send(response, { status: failureStatus[why], body: results([{ isDone: false, message: reasonOf(error) }]) }, !request.complete);
    }
  };

  const whoIs = async (request: IncomingMessage, access: Pick<Access, "authenticate">, known: BasicLogins): Promise<Caller> => {
    const { authorization = "" } = request.headers;
    const address = plainAddress(request.socket);
    const bearer = /^bearer +(\S+) *$/i.exec(authorization)?.[1];
    const caller = bearer !== undefined ? await access.authenticate({ bearer, edge: "http", address }) : await known.caller(authorization, address);
    if (caller !== undefined) return caller;
    if (authorization !== "") throw loginFirst();
    const local = isLoopback(plan.host) ? await localVisitor(request.socket, { edge: "http", isLoginNeeded, peerUser }) : loginFirst();
    if (local instanceof CommandFailure) throw local;
    return local;
  };

  const stop = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    const closed = new Promise<void>((done) => server.close(() => done()));
    server.closeIdleConnections();
    const goodbye = setTimeout(() => server.closeAllConnections(), GOODBYE_MS);
    await closed;
    clearTimeout(goodbye);
  };

  await listen(server, plan);
  server.on("error", (error) => log.error("the listening socket of the old API failed", { error })).unref();
  const { port } = server.address() as AddressInfo;
  log.info("the old HTTP API is here", { host: plan.host, port });
  return { port, shutdownCode: () => (isOpen ? code : undefined), close: stop };
}

/** Programs send neither `Origin` nor `Sec-Fetch-Site`; browsers do, for whatever page has them ask. */
function mustBeWelcome({ method, headers }: IncomingMessage, isOurName: boolean): void {
  if (!isOurName) throw new CommandFailure("FORBIDDEN", { message: "this agent is not known by the name that the request was sent to", hint: "Call it by its address.", ko: { message: "요청한 이름은 이 에이전트가 아는 이름이 아닙니다", hint: "주소로 부르세요." } });
  const { origin, "sec-fetch-site": site } = headers;
  const isTyped = method === "GET" && site === "none"; // Into the address bar.
  if (origin !== undefined || (site !== undefined && !isTyped)) throw new CommandFailure("FORBIDDEN", { message: "pages of a browser may not use this API", hint: "Call it from a program, or use the dashboard.", ko: { message: "브라우저의 페이지에서는 이 API를 쓸 수 없습니다", hint: "프로그램에서 부르거나 대시보드를 쓰세요." } });
}

function send(response: ServerResponse, { status, body }: OldAnswer, isLast = false): void {
  const text = oldText(body);
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", "content-length": Buffer.byteLength(text), "cache-control": "no-store", "x-content-type-options": "nosniff", ...(isLast ? { connection: "close" } : {}) });
  response.end(text);
}

async function listen(server: Server, { host, port }: OldApiParts["plan"]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen({ host, port }, resolve);
  try {
    await promise;
  } catch (error) {
    const why = systemCode(error) === "EADDRINUSE" ? await (await import("#kernel/port-holder.ts")).portTakenText(port) : { en: toError(error).message, ko: toError(error).message };
    throw new UsageError(`process_settings: old_api: it cannot listen on ${host}:${port}: ${why.en}`, { cause: error, hint: "Give it a free `port` and a `host` of this machine.", ko: { message: `process_settings: old_api: ${host}:${port}에서 들을 수 없습니다: ${why.ko}`, hint: "빈 `port`와 이 컴퓨터의 `host`를 쓰세요." } });
  }
  server.off("error", reject);
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

function letters(count: number): string {
  let text = "";
  while (text.length < count) for (const byte of randomBytes(count)) if (byte < 4 * LETTERS.length && text.length < count) text += LETTERS[byte % LETTERS.length];
  return text;
}
