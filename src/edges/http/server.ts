// The HTTP server: Fastify over a server of Node that listens nowhere, for the door hands it its sockets. It is loaded with the first visitor.
import fastifyWebsocket from "@fastify/websocket";
import { fastify } from "fastify";
import type { FastifyError, FastifyInstance, FastifyRequest } from "fastify";
import { createServer } from "node:http";
import type { IncomingMessage, RequestListener, Server, ServerOptions } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { systemCode } from "#base/errors.ts";
import { uniqueId } from "#base/unique-id.ts";
import { isUnforeseen } from "#kernel/commands/failure.ts";
import type { CommandTable } from "#kernel/commands/table.ts";
import type { HttpPlan } from "#kernel/config/plan.ts";
import type { MetricSnapshot } from "#sdk/metric-family.ts";
import type { Log } from "#sdk/plugin.ts";
import { scraper } from "../metrics/scrape.ts";
import { MANAGEMENT_PATH, ManagementTalk } from "../operator/management-talk.ts";
import { addCommandRoutes, mustBeKnown } from "./api.ts";
import { refusal, sendFacts, sendFailure, sendJson, usualHeaders } from "./answers.ts";
import { boundBodies } from "./body-bound.ts";
import { CallsSocket } from "./calls-socket.ts";
import { addCondition } from "./condition.ts";
import type { ReadyPart } from "./condition.ts";
import type { DoorKeys, Room } from "./door.ts";
import { EventStreams } from "./event-streams.ts";
import { guard } from "./guard.ts";
import { knownNames } from "./known-names.ts";
import { addOldRoutes } from "./old-api/old-on-main.ts";
import { openApi } from "./open-api.ts";
import { addProgramUpload } from "./program-upload.ts";
import { usualLimits } from "./slow-reader.ts";
import type { ReaderLimits } from "./slow-reader.ts";
import { addStaticFiles } from "./static-files.ts";
import { cookieName, sessionOf } from "./session-cookie.ts";
import type { CookiePlace } from "./session-cookie.ts";
import { askWho } from "./visitor.ts";
import type { AccessPort, Who } from "./visitor.ts";

export interface HttpParts {
  readonly plan: HttpPlan;
  /** Where the door really is: the cookie is called after it. */
  readonly port: number;
  readonly log: Log;
  readonly version: string;
  readonly table: CommandTable;
  readonly access: AccessPort;
  /** With TLS. */
  readonly keys?: DoorKeys | undefined;
  /** The log keeps what is said at debug: each request is. */
  readonly isEachLogged: boolean;
  /** Where the built dashboard lies. */
  readonly pagesDir: string;
  readonly limits?: Partial<HttpLimits>;
  metrics(): Promise<readonly MetricSnapshot[]>;
  ready(): Promise<readonly ReadyPart[]>;
}

export interface HttpLimits extends ReaderLimits {
  /** How long a client may take to say what it wants. */
  readonly requestMs: number;
  readonly bodyBytesMax: number;
}

/** The text of a large config fits. */
const BODY_BYTES_MAX = 4 << 20;
/** Of whoever may be a stranger: a name and a password, not megabytes that thousands of connections hold at a time. */
const STRANGER_BYTES_MAX = 16 << 10;
const REQUEST_MS = 30_000;
const HEADER_BYTES_MAX = 16 << 10;
/** Clients and balancers keep connections for about a minute. */
const IDLE_MS = 75_000;
const KEY_LENGTH_MAX = 2048;
const SOCKET_PATH = "/api/ws";
const SOCKET_PATHS: ReadonlySet<string> = new Set([SOCKET_PATH, MANAGEMENT_PATH]);
const MANAGEMENT_SOCKETS_MAX = 64;
const TOO_MANY = 1013;
const GOODBYE_MS = 1000;

export async function createHttpRoom(parts: HttpParts): Promise<Room> {
  const { plan, port, log, table, access, version, pagesDir } = parts;
  const limits: HttpLimits = { ...usualLimits, requestMs: REQUEST_MS, bodyBytesMax: BODY_BYTES_MAX, ...parts.limits };
  const http = await nodeServer(parts, limits);
  const ids = requestIds();
  const server: FastifyInstance = fastify({
    serverFactory: (handler: RequestListener) => http.on("request", handler),
    logger: false,
    bodyLimit: Math.min(STRANGER_BYTES_MAX, limits.bodyBytesMax),
    exposeHeadRoutes: false,
    genReqId: ids,
    routerOptions: { maxParamLength: KEY_LENGTH_MAX },
    clientErrorHandler: turnAway,
    frameworkErrors: (error, request, reply) => {
      void reply.headers(usualHeaders).header("x-request-id", request.id);
      fail(error, request, reply);
    },
  });
  const fail = (error: FastifyError, request: FastifyRequest, reply: Parameters<typeof sendFacts>[0]): void => {
    const status = error.statusCode ?? 500;
    // What Fastify refuses before a command sees it: a body too long, or no JSON.
    if (400 <= status && status < 500) return void sendFacts(reply, REFUSED[status] ?? REFUSED_ELSE, status);
    if (isUnforeseen(error)) log.error("a request could not be answered", { request: request.id, method: request.method, path: pathOf(request), error });
    sendFailure(reply, error);
  };
  server.removeContentTypeParser("text/plain"); // What a form of a foreign page can send is not understood here.
  server.setErrorHandler(fail as never);
  server.setNotFoundHandler((_, reply) => sendFacts(reply, NOT_HERE, 404));
  guard(server, knownNames(plan));
  // Making a line that nobody keeps would take as long as answering.
  if (parts.isEachLogged) server.addHook("onResponse", (request, reply, done) => {
    log.debug("request", { request: request.id, method: request.method, path: pathOf(request), status: reply.statusCode, ms: Math.round(reply.elapsedTime), by: request.caller?.name ?? "", address: request.ip });
    done();
  });

  const streams = new EventStreams(limits);
  const calls = new CallsSocket({ table, limits });
  const management = new ManagementTalk(async () => ({ table }), limits.beatMs);
  const place = { port, isSecure: plan.tls !== undefined };
  const who = askWho(access, place);
  const unwatch = access.onChange(() => {
    streams.ask();
    calls.ask();
  });
  await server.register(fastifyWebsocket, { options: { maxPayload: limits.bodyBytesMax, perMessageDeflate: false } });
  addCommandRoutes(server, { table, streams, who, bodyBytesMax: limits.bodyBytesMax, longBytes: STRANGER_BYTES_MAX });
  addAccessRoutes(server, access, who, place);
  await addProgramUpload(server, { table, who });
  await addOldRoutes(server, { table, who });
  addCondition(server, { table, areMetricsOpen: plan.areMetricsOpen, scrape: scraper(parts.metrics), ready: parts.ready, who });
  server.get(SOCKET_PATH, { websocket: true, onRequest: mustBeKnown(who) }, (socket, request) => calls.serve(socket, request.caller?.user ?? request.caller?.name ?? "", () => who(request)));
  server.get(MANAGEMENT_PATH, { websocket: true, onRequest: mustBeKnown(who) }, (socket, request) => {
    if (MANAGEMENT_SOCKETS_MAX <= management.size) return socket.close(TOO_MANY, "too many connections");
    management.serve(socket, () => who(request));
  });
  let described: string | undefined;
  server.get("/api/openapi.json", { onRequest: mustBeKnown(who) }, (_, reply) => sendJson(reply, (described ??= JSON.stringify(openApi(table.commands, { version, cookie: cookieName(place) })))));
  await addStaticFiles(server, pagesDir);
  await server.ready();
  http.emit("listening"); // It does not listen, but from this event on it looks after clients that are too slow.

  return {
    enter(socket: Socket) {
      http.emit("connection", socket);
      socket.resume();
    },
    async close() {
      unwatch();
      streams.close();
      calls.close();
      void management.close();
      const goodbye = setTimeout(() => http.closeAllConnections(), GOODBYE_MS);
      http.closeIdleConnections();
      await server.close();
      clearTimeout(goodbye);
      http.closeAllConnections();
    },
  };
}

async function nodeServer({ keys }: HttpParts, { requestMs }: HttpLimits): Promise<Server> {
  const waits: ServerOptions = { requestTimeout: 0, headersTimeout: requestMs, connectionsCheckingInterval: Math.min(1000, requestMs), keepAliveTimeout: IDLE_MS, maxHeaderSize: HEADER_BYTES_MAX, shouldUpgradeCallback: isForSocket };
  const server = keys === undefined ? createServer(waits) : (await import("node:https")).createServer({ ...waits, ...keys, minVersion: "TLSv1.2", handshakeTimeout: requestMs });
  boundBodies(server, requestMs, (socket) => turnAway(Object.assign(new Error("the body is too slow"), { code: "ERR_HTTP_REQUEST_TIMEOUT" }), socket));
  server.setTimeout(2 * IDLE_MS); // Of a client that stops reading, too.
  return server;
}

/**
 * What else a client would rather speak (`curl --http2` asks with each request) it does not have to: it is answered as if it had not asked.
 * So is a WebSocket at another place: open to all, it would be one that a stranger fills, until he has answered its end.
 */
function isForSocket({ headers, url = "" }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === "websocket" && SOCKET_PATHS.has(pathOf({ url }));
}

function addAccessRoutes(server: FastifyInstance, { routes }: AccessPort, who: Who, place: CookiePlace): void {
  for (const { method, path, handle } of routes) {
    server.route({
      method,
      url: path,
      async handler(request, reply) {
        try {
          const { status, body, cookie, retryAfterSeconds } = await handle({ ...place, body: request.body, session: sessionOf(request.headers.cookie, place), caller: await who(request), address: request.ip, browser: request.headers["user-agent"] });
          if (cookie !== undefined) void reply.header("set-cookie", cookie);
          if (retryAfterSeconds !== undefined) void reply.header("retry-after", String(retryAfterSeconds));
          return sendJson(reply, JSON.stringify(body), status);
        } catch (thrown) {
          return sendFailure(reply, thrown);
        }
      },
    });
  }
}

/** One run's ids begin alike; a log of several runs has none twice. */
function requestIds(): () => string {
  const run = uniqueId().slice(0, 8);
  let count = 0;
  return () => `${run}-${(count += 1)}`;
}

/** Without the query: a token could stand in it by mistake. */
function pathOf({ url }: { readonly url: string }): string {
  return url.split("?", 1)[0] ?? "";
}

/** What is no HTTP, too long, or too slow in coming. */
function turnAway(error: Error, socket: Duplex): void {
  const code = systemCode(error) ?? "";
  const [status, words] = code === "ERR_HTTP_REQUEST_TIMEOUT" ? [408, "Request Timeout"] : code === "HPE_HEADER_OVERFLOW" ? [431, "Request Header Fields Too Large"] : [400, "Bad Request"];
  if (!socket.writable || code === "ECONNRESET") return void socket.destroy();
  const body = JSON.stringify({ error: status === 400 ? NO_HTTP : { code: "INVALID", message: words.toLowerCase() } });
  socket.end(`HTTP/1.1 ${status} ${words}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\ncache-control: no-store\r\nconnection: close\r\n\r\n${body}`, () => socket.destroy());
}

const NO_HTTP = refusal(
  "INVALID",
  "the request is not well-formed HTTP",
  "HTTP 형식에 맞지 않는 요청입니다",
  "In a query, what is not ASCII is percent-encoded: curl -G --data-urlencode 'text=…'.",
  "쿼리의 한글은 퍼센트 인코딩해야 합니다: curl -G --data-urlencode 'text=…'",
);
const NOT_HERE = refusal("NOT_FOUND", "nothing is at this address", "이 주소에는 아무것도 없습니다", "The API is described at /api/openapi.json.", "API는 /api/openapi.json에 있습니다.");
const REFUSED_ELSE = refusal("INVALID", "the request cannot be understood", "이해할 수 없는 요청입니다");
const REFUSED: Readonly<Record<number, typeof NOT_HERE>> = {
  400: refusal("INVALID", "the body is not JSON, or the address is not well formed", "본문이 JSON이 아니거나 주소가 올바르지 않습니다"),
  413: refusal("INVALID", "the body is too long", "본문이 너무 깁니다", "A command takes at most 4 MB.", "명령 하나에 4MB까지 보낼 수 있습니다."),
  414: refusal("INVALID", "the address is too long", "주소가 너무 깁니다", "Send the parameters by POST, as a JSON body.", "매개변수를 POST의 JSON 본문으로 보내세요."),
  415: refusal("INVALID", "the body has to be JSON", "본문은 JSON이어야 합니다", "Send `content-type: application/json`.", "`content-type: application/json`으로 보내세요."),
};
