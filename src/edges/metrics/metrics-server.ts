// Shows metrics over HTTP, to read and nothing else. Every client is bounded in number, time and size; a scrape asks the agent once, also
// when several come at a time.
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { UsageError, systemCode, toError } from "#base/errors.ts";
import { say } from "#base/lang.ts";
import type { MetricSnapshot } from "#sdk/metric-family.ts";
import type { Log } from "#sdk/plugin.ts";
import { scraper } from "./scrape.ts";
import type { Scraped } from "./scrape.ts";

export interface MetricsServer {
  /** `127.0.0.1:9598` */
  readonly address: string;
  close(): Promise<void>;
}

export interface Shown {
  readonly host: string;
  readonly port: number;
  readonly log: Log;
  /** How long a scrape waits for the agent. */
  readonly answerMs?: number;
  /** How long a client may take to say what it wants. */
  readonly requestMs?: number;
  metrics(): Promise<readonly MetricSnapshot[]>;
}

export const METRICS_PATH = "/metrics";
const CONNECTIONS_MAX = 32;
const HEADER_BYTES_MAX = 8 << 10;
const REQUEST_MS = 5000;
/** Prometheus asks again within a minute as a rule, over the same connection. */
const IDLE_MS = 75_000;

export async function serveMetrics({ host, port, log, metrics, answerMs, requestMs = REQUEST_MS }: Shown): Promise<MetricsServer> {
  const scrape = scraper(metrics, answerMs);
  const server = createServer({ requestTimeout: requestMs, headersTimeout: requestMs, connectionsCheckingInterval: Math.min(1000, requestMs), keepAliveTimeout: IDLE_MS, maxHeaderSize: HEADER_BYTES_MAX }, (request, response) => void answer(request, response, { scrape, log }));
  server.maxConnections = CONNECTIONS_MAX;
  server.setTimeout(IDLE_MS); // Of a client that stops reading, too.
  server.on("clientError", turnAway);
  await listen(server, host, port);
  server.on("error", (error) => log.error("the listening socket of the metrics failed", { error }));
  server.unref();
  const address = addressText(server);
  log.info("showing metrics", { address, path: METRICS_PATH });
  return {
    address,
    async close() {
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen({ host, port }, resolve);
  try {
    await promise;
    server.off("error", reject);
  } catch (error) {
    const where = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
    const why = systemCode(error) === "EADDRINUSE" ? say(await (await import("#kernel/port-holder.ts")).portTakenText(port)) : toError(error).message;
    throw new UsageError(say({ en: `the metrics cannot be shown on ${where}: ${why}`, ko: `${where} 주소로 지표를 보여 줄 수 없습니다: ${why}` }), {
      cause: error,
      hint: say({ en: "Give `agent: metrics:` a free port and an address of this machine, or end the other program.", ko: "`agent: metrics:`에 빈 포트와 이 컴퓨터의 주소를 쓰거나, 그 프로그램을 끝내세요." }),
    });
  }
}

interface Answering {
  scrape(accept: string | undefined): Promise<Scraped | undefined>;
  readonly log: Log;
}

async function answer(request: IncomingMessage, response: ServerResponse, { scrape, log }: Answering): Promise<void> {
  request.on("error", () => {}).resume(); // What a body holds is of no interest.
  response.on("error", () => {});
  const { method, url = "/", headers } = request;
  if (url.split("?", 1)[0] !== METRICS_PATH) return send(response, 404, `nothing is here; the metrics are at ${METRICS_PATH}\n`);
  if (method !== "GET" && method !== "HEAD") return send(response, 405, "metrics are only read: GET or HEAD\n", { allow: "GET, HEAD" });
  try {
    const scraped = await scrape(headers.accept);
    if (scraped === undefined) return send(response, 503, "a data-plane thread does not answer\n");
    send(response, 200, scraped.text, { "content-type": scraped.contentType, vary: "accept" });
  } catch (error) {
    log.error("the metrics cannot be told", { error });
    send(response, 500, "the metrics cannot be told; the agent's log says why\n");
  }
}

function send(response: ServerResponse, status: number, text: string, headers: Readonly<Record<string, string>> = {}): void {
  if (response.destroyed) return;
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", "content-length": Buffer.byteLength(text), "cache-control": "no-store", ...headers }).end(text); // Of HEAD, Node keeps the text back.
}

/** What is no HTTP, too long, or too slow in coming. */
function turnAway(error: Error, socket: Duplex): void {
  const code = systemCode(error) ?? "";
  const [status, words] = code === "ERR_HTTP_REQUEST_TIMEOUT" ? [408, "Request Timeout"] : code === "HPE_HEADER_OVERFLOW" ? [431, "Request Header Fields Too Large"] : [400, "Bad Request"];
  if (!socket.writable || code === "ECONNRESET") return void socket.destroy();
  socket.end(`HTTP/1.1 ${status} ${words}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`, () => socket.destroy());
}

function addressText(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return family === "IPv6" ? `[${address}]:${port}` : `${address}:${port}`;
}
