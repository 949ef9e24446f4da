// Sends a body and judges the answer: the one way of all outputs over HTTP. A body goes out of chunk memory as it lies there, so
// `send` settles only when nothing reads it any more: it is flushed, or its connection is closed.
import { readFile } from "node:fs/promises";
import type { Agent, ClientRequest, IncomingHttpHeaders, IncomingMessage } from "node:http";
import { resolve as resolvePath } from "node:path";
import { BusyError, PermanentError, toError } from "#base/errors.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import { HttpError, TooLargeError, connectionError } from "./http-error.ts";
import type { HttpOptions } from "./http-options.ts";

export interface HttpRequest {
  readonly server: URL;
  /** As it goes over the wire, query included. */
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** One after the other they are the body. */
  readonly body: readonly Buffer[];
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Judgement {
  /** Statuses that mean written. */
  takes(status: number): boolean;
  /** Statuses that a person has to put right, besides 401, 403 and redirections: lines wait for it. */
  readonly waitsFor?: readonly number[];
  /** Of an answer so much is read; 64 KB unless told. */
  readonly answerBytesMax?: number;
}

const ANSWER_BYTES_MAX = 64 << 10;
const SAID_CHARACTERS_MAX = 200;
/** Connections that nobody uses are closed before the usual server would. */
const IDLE_MS = 30_000;
const PASSING = new Set([408, 425, 429]);
export const is2xx = (status: number): boolean => 200 <= status && status < 300;

export class HttpSender {
  readonly #given: HttpOptions;
  readonly #context: Pick<PluginContext, "configDir" | "log" | "clock">;
  readonly #socketsMax: number;
  readonly #headers: Readonly<Record<string, string>>;
  /** What must not be shown, should a server send it back. */
  readonly #secrets: readonly string[];
  readonly #agents = new Map<string, Promise<Agent>>();
  #underWay = 0;
  #isClosed = false;
  /** Said once, until the server takes something. */
  #isDenied = false;

  constructor(given: HttpOptions, context: Pick<PluginContext, "configDir" | "log" | "clock">, { socketsMax, secrets = [] }: { socketsMax: number; secrets?: readonly string[] }) {
    this.#given = given;
    this.#context = context;
    this.#socketsMax = socketsMax;
    const basic = given.username === undefined ? undefined : Buffer.from(`${given.username}:${given.password ?? ""}`).toString("base64");
    const authorization = basic === undefined ? (given.bearer_token === undefined ? undefined : `Bearer ${headerText(given.bearer_token)}`) : `Basic ${basic}`;
    this.#headers = { "user-agent": "dure", ...given.headers, ...(authorization === undefined ? {} : { authorization }) };
    this.#secrets = [given.password, given.bearer_token, ...(given.bearer_token === undefined ? [] : [headerText(given.bearer_token)]), basic, ...Object.values(given.headers), ...secrets].filter((secret): secret is string => secret !== undefined && 4 <= secret.length);
  }

  /** The answer, when the server has taken the body. Throws PermanentError (TooLargeError for 413), BusyError or HttpError. */
  async send(request: HttpRequest, judgement: Judgement, signal: AbortSignal): Promise<HttpAnswer> {
    const answer = await this.ask(request, signal, judgement.answerBytesMax);
    if (judgement.takes(answer.status)) {
      this.#isDenied = false;
      return answer;
    }
    throw this.#refusal(request, answer, judgement);
  }

  /** The answer, whatever it says. */
  async ask(request: HttpRequest, signal: AbortSignal, answerBytesMax = ANSWER_BYTES_MAX): Promise<HttpAnswer> {
    try {
      return await this.#exchange(request, signal, answerBytesMax);
    } catch (error) {
      // The server closed an idle connection just when we took it: a new one is worth a try without a wait.
      if (!(error instanceof StaleError) || signal.aborted) throw error;
      return this.#exchange(request, signal, answerBytesMax);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const agent of this.#agents.values()) await agent.then((open) => open.destroy(), () => {});
    this.#agents.clear();
  }

  async #exchange({ server, path, method, headers, body }: HttpRequest, signal: AbortSignal, answerBytesMax: number): Promise<HttpAnswer> {
    const name = server.host;
    const givenUp = (): HttpError => new HttpError("aborted", `${name}: the request was given up`);
    if (signal.aborted || this.#isClosed) throw givenUp();
    const agent = await this.#agentOf(server, name);
    const { request } = server.protocol === "https:" ? await import("node:https") : await import("node:http");
    if (signal.aborted || this.#isClosed) throw givenUp();
    const { connect_timeout: connectMs, answer_timeout: answerMs } = this.#given;
    const call = request({ agent, host: server.hostname.replace(/^\[|\]$/g, ""), port: server.port, path, method, headers: { ...this.#headers, ...headers, host: name, "content-length": body.reduce((sum, piece) => sum + piece.length, 0) } });
    const settled = Promise.withResolvers<HttpAnswer>();
    let outcome: HttpAnswer | undefined;
    let failure: HttpError | undefined;
    const fail = (error: HttpError): void => {
      failure ??= error;
      call.destroy();
      // Without a socket (a proxy has not opened its tunnel) nothing was sent, and no end is told.
      if (call.socket === null) settled.reject(failure);
    };
    const late = (what: string, ms: number, hint: string) => () => fail(new HttpError("timeout", `${name}: ${what} within ${ms} ms`, { hint }));
    let timer = setTimeout(late("no connection", connectMs, "Look whether the server is up and a firewall lies between."), connectMs);
    const onAbort = (): void => fail(givenUp());
    signal.addEventListener("abort", onAbort, { once: true });
    onceConnected(call, server.protocol === "https:", () => {
      clearTimeout(timer);
      call.setTimeout(answerMs, late("nothing moved", answerMs, "Look whether the server is stuck; raise `answer_timeout` if it is only slow."));
    });
    call.on("finish", () => {
      clearTimeout(timer);
      timer = setTimeout(late("no whole answer", answerMs, "Look whether the server is stuck; raise `answer_timeout` if it is only slow."), answerMs);
    });
    call.on("response", (answer: IncomingMessage) => {
      readAnswer(answer, answerBytesMax, (text) => {
        outcome = { status: answer.statusCode ?? 0, headers: answer.headers, text };
        // Answered before it took all: nobody will read the rest. (The last flush may only not have been told yet.)
        setImmediate(() => {
          if (!call.writableFinished || !answer.complete) call.destroy();
        });
      });
    });
    call.on("error", (error) => {
      failure ??= call.reusedSocket && systemIsReset(error) ? new StaleError("closed", `${name}: the server closed the connection`) : connectionError(name, error);
    });
    call.once("close", () => {
      if (outcome !== undefined) settled.resolve(outcome);
      else settled.reject(failure ?? new HttpError("closed", `${name}: the server closed the connection before its answer was whole`));
    });
    for (const piece of body) call.write(piece);
    call.end();
    this.#underWay += 1;
    try {
      return await settled.promise;
    } catch (error) {
      this.#forget(server, agent);
      throw error;
    } finally {
      this.#underWay -= 1;
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** The next connection reads certificates again: they may have been renewed. Requests under way keep theirs, and what idles is closed in its time. */
  #forget(server: URL, agent: Agent): void {
    if (server.protocol !== "https:") return;
    this.#agents.delete(server.protocol);
    if (this.#underWay === 1) agent.destroy();
  }

  async #agentOf(server: URL, name: string): Promise<Agent> {
    let agent = this.#agents.get(server.protocol);
    if (agent === undefined) {
      agent = this.#makeAgent(server, name);
      this.#agents.set(server.protocol, agent);
      agent.catch(() => this.#agents.delete(server.protocol));
    }
    return agent;
  }

  async #makeAgent(server: URL, name: string): Promise<Agent> {
    const { proxy, tls } = this.#given;
    const pool = { keepAlive: true, maxSockets: this.#socketsMax, maxFreeSockets: this.#socketsMax, timeout: IDLE_MS, ...(proxy === undefined ? {} : { proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } }) };
    if (server.protocol !== "https:") return new (await import("node:http")).Agent(pool);
    const read = async (option: string, path: string | undefined): Promise<Buffer | undefined> => {
      if (path === undefined) return undefined;
      return readFile(resolvePath(this.#context.configDir, path)).catch((error: unknown) => {
        throw new HttpError("tls", `${name}: cannot read tls.${option}: ${toError(error).message}`, { hint: "Give the path of a PEM file that the agent may read." });
      });
    };
    const [ca, cert, key] = [await read("ca_file", tls.ca_file), await read("cert_file", tls.cert_file), await read("key_file", tls.key_file)];
    const shown = { ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }), ...(tls.server_name === undefined ? {} : { servername: tls.server_name }) };
    return new (await import("node:https")).Agent({ ...pool, ...shown, rejectUnauthorized: tls.verify });
  }

  #refusal({ server }: HttpRequest, { status, headers, text }: HttpAnswer, { waitsFor = [] }: Judgement): Error {
    const said = this.#shown(text);
    const message = `${server.host} answered ${status}${said === "" ? "" : `: ${said}`}`; // Host only: paths hold tokens.
    if (status === 413) return new TooLargeError(message, { hint: "Make batches smaller, or let the server take larger bodies." });
    if (PASSING.has(status) || 500 <= status) {
      const afterMs = retryAfterMs(headers["retry-after"], this.#context.clock.now());
      return afterMs === undefined ? new HttpError("busy", message) : new BusyError(message, { afterMs });
    }
    if (status === 401 || status === 403 || status < 400 || waitsFor.includes(status)) {
      const hint = status < 400 ? "Give the address the server points to." : "Put the user, key or rights right; lines wait until then.";
      if (!this.#isDenied) this.#context.log.error("the server does not let this output in; lines wait", { status, said, hint });
      this.#isDenied = true;
      return new HttpError("denied", message, { hint });
    }
    return new PermanentError(message, { hint: "Look at what the server expects." });
  }

  #shown(text: string): string {
    let said = text.trim();
    for (const secret of this.#secrets) said = said.replaceAll(secret, "[hidden]");
    return said.slice(0, SAID_CHARACTERS_MAX);
  }
}

/** UTF-8 as node:http wants it: a character a byte. */
export function headerText(text: string): string {
  return Buffer.from(text).toString("latin1");
}

/** A kept connection that had ended before anything was answered on it. */
class StaleError extends HttpError {}

function systemIsReset(error: Error): boolean {
  return "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE");
}

function onceConnected(call: ClientRequest, isTls: boolean, connected: () => void): void {
  call.once("socket", (socket) => {
    if (socket.connecting) socket.once(isTls ? "secureConnect" : "connect", connected);
    else connected();
  });
}

/** Hands on the text when the answer has ended, was cut off at its bound, or not at all when the connection broke. */
function readAnswer(answer: IncomingMessage, bytesMax: number, done: (text: string) => void): void {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const finish = (): void => {
    answer.off("data", take);
    answer.off("end", finish);
    done(Buffer.concat(pieces).toString("utf8"));
  };
  const take = (piece: Buffer): void => {
    pieces.push(piece.subarray(0, bytesMax - bytes));
    bytes += piece.length;
    if (bytesMax < bytes) finish();
  };
  answer.on("data", take);
  answer.on("end", finish);
  answer.on("error", () => {}); // Said where the request closes.
}

/** Seconds, or a date. */
export function retryAfterMs(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text.trim())) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
