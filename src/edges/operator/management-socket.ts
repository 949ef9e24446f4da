// The old operator's WebSocket, `/operator/mgmt` on a port of its own: each message is answered as its queues would, pretty-printed as its page shows it. Who comes is
// asked who he is; old pages, which cannot log in, are let in on loopback alone, when the config says so, and never from a page of some other site.
import { createServer } from "node:http";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { UsageError, systemCode, toError } from "#base/errors.ts";
import { isLoopback } from "#base/loopback.ts";
import type { Access } from "#kernel/access/access.ts";
import type { Caller } from "#kernel/access/caller.ts";
import type { CommandTable } from "#kernel/commands/table.ts";
import type { OperatorPlan } from "#kernel/config/jobs-plan.ts";
import type { Log } from "#sdk/plugin.ts";
import { knownNames } from "../http/known-names.ts";
import { sessionOf } from "../http/session-cookie.ts";
import type { CookiePlace } from "../http/session-cookie.ts";
import { MANAGEMENT_PATH as PATH, ManagementTalk } from "./management-talk.ts";

export interface ManagementSocketParts {
  readonly plan: NonNullable<OperatorPlan["websocket"]>;
  readonly log: Log;
  /** Of the dashboard: who is logged in there is known here, too. */
  readonly cookiePlace: CookiePlace;
  /** Who does not answer a ping by the next one is gone; 30 s unless told. */
  readonly beatMs?: number;
  lead(): Promise<{ readonly table: CommandTable; readonly access: Pick<Access, "authenticate"> }>;
}

export interface ManagementSocket {
  readonly port: number;
  close(): Promise<void>;
}

const CONNECTIONS_MAX = 64;
const MESSAGE_BYTES_MAX = 1 << 20;
const BEAT_MS = 30_000;
/** What some browsers say of a page that lies in a file. Most say `null`, Chromium among them by now, as any sandboxed frame of any site does: that one has to be listed. */
const FILE_ORIGIN = "file://";

export async function openManagementSocket({ plan, log, cookiePlace, beatMs = BEAT_MS, lead }: ManagementSocketParts): Promise<ManagementSocket> {
  const names = knownNames({ host: plan.host, allowedHosts: [] });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_BYTES_MAX, perMessageDeflate: false });
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 10_000, maxHeaderSize: 16 << 10 }, (_request, response) => void response.writeHead(426, { "content-type": "text/plain; charset=utf-8" }).end(`WebSocket: ${PATH}\n`));
  server.maxConnections = 2 * CONNECTIONS_MAX;

  const whoIs = async (request: IncomingMessage): Promise<Caller | undefined> => {
    const { authorization = "", cookie } = request.headers;
    const address = request.socket.remoteAddress ?? "";
    const { access } = await lead();
    const known = await access.authenticate({ cookie: sessionOf(cookie, cookiePlace), bearer: /^bearer +(\S+) *$/i.exec(authorization)?.[1], edge: "websocket", address });
    if (known !== undefined || authorization !== "") return known;
    return plan.isOpen && isLoopback(plan.host) && isLoopback(address) ? { name: "operator:open", role: "admin", edge: "websocket", address } : undefined;
  };
  const mayCome = ({ origin, host }: { readonly origin?: string | undefined; readonly host?: string | undefined }): boolean => {
    if (!names.isOurs(host)) return false;
    if (origin === undefined || plan.origins.includes(origin)) return true;
    if (plan.isOpen && origin === FILE_ORIGIN) return true;
    // The dashboard, on its own port of the same host. Another port is another's page: browsers send it our cookie all the same, and loopback tells nothing of who wrote it.
    return isDashboard(origin, host ?? "", cookiePlace);
  };

  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => {});
    const refuse = (status: string): void => void socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
    if ((request.url ?? "").split("?", 1)[0] !== PATH) return refuse("404 Not Found");
    if (!mayCome(request.headers)) {
      log.warn("a page of another site was kept out of the old operator's WebSocket", { origin: request.headers.origin, hint: request.headers.origin === "null" ? 'If it is a page of yours that lies in a file, write `jobs: operator: websocket: origins: ["null"]`. Frames of other sites may say the same of themselves.' : "List it as `jobs: operator: websocket: origins` when it is yours." });
      return refuse("403 Forbidden");
    }
    if (CONNECTIONS_MAX <= sockets.clients.size) return refuse("503 Service Unavailable");
    whoIs(request).then(
      (caller) => {
        if (caller === undefined) return refuse("401 Unauthorized");
        sockets.handleUpgrade(request, socket, head, (opened) => talk.serve(opened, () => whoIs(request)));
      },
      () => refuse("503 Service Unavailable"),
    );
  });

  const talk = new ManagementTalk(lead, beatMs);
  await listen(server, plan);
  const { port } = server.address() as AddressInfo;
  server.unref();
  log.info("the old operator's WebSocket is here", { host: plan.host, port, path: PATH, ...(plan.isOpen ? { open: true } : {}) });
  return {
    port,
    async close() {
      await talk.close();
      const closed = new Promise<void>((done) => server.close(() => done()));
      const goodbye = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
        server.closeAllConnections();
      }, 500);
      await closed;
      clearTimeout(goodbye);
    },
  };
}

function isDashboard(origin: string, host: string, { port, isSecure }: CookiePlace): boolean {
  const protocol = isSecure ? "https:" : "http:";
  if (port === 0 || !URL.canParse(origin) || !URL.canParse(`${protocol}//${host}`)) return false; // 0: there is no dashboard.
  const page = new URL(origin);
  return page.protocol === protocol && page.hostname === new URL(`${protocol}//${host}`).hostname && Number(page.port || (isSecure ? 443 : 80)) === port;
}

async function listen(server: ReturnType<typeof createServer>, { host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen({ host, port }, resolve);
  try {
    await promise;
  } catch (error) {
    const why = systemCode(error) === "EADDRINUSE" ? await (await import("#kernel/port-holder.ts")).portTakenText(port) : { en: toError(error).message, ko: toError(error).message };
    throw new UsageError(`jobs: operator: websocket: it cannot listen on ${host}:${port}: ${why.en}`, { cause: error, hint: "Give it a free port of this machine.", ko: { message: `jobs: operator: websocket: ${host}:${port}에서 들을 수 없습니다: ${why.ko}`, hint: "이 컴퓨터의 빈 포트를 쓰세요." } });
  }
  server.off("error", reject);
}
