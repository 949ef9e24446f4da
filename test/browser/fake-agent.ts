// An agent that answers what a test tells it to: for states of the dashboard that a real one comes to only by chance or with much effort. It
// sends the headers of the real one, so that what its content security policy refuses shows here, too.
import { existsSync } from "node:fs";
import { join } from "node:path";
import fastify from "fastify";
import fastifyStatic from "@fastify/static";
import fastifyWebsocket from "@fastify/websocket";
import { usualHeaders } from "#edges/http/answers.ts";
import { ROOT } from "../cli/run-dure.ts";

export const builtDashboard = join(ROOT, "build", "ui");
export const noDashboard = !existsSync(join(builtDashboard, "index.html")) && "the dashboard is not built";

interface Call {
  readonly params: Readonly<Record<string, unknown>>;
  emit(event: unknown): void;
  /** Aborted when the browser cancels it or goes. */
  readonly signal: AbortSignal;
}
/** What a command answers: thrown `{code, message}` are failures. A stream never resolves. */
export type Answers = Readonly<Record<string, (call: Call) => unknown>>;

export interface FakeAgent {
  readonly url: string;
  readonly calls: { readonly method: string; readonly params: unknown }[];
  session: unknown;
  /** Answers of POST /api/login and /api/setup, and what they were sent. */
  readonly posted: { readonly url: string; readonly body: unknown }[];
  onPost: (url: string, body: unknown) => { readonly status: number; readonly body: unknown };
  /** While it is, nobody is let in again. */
  isAway: boolean;
  /** Breaks all connections, as an agent that ends. */
  breakConnections(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function fakeAgent(answers: Answers, session: unknown = { user: { name: "hong", role: "admin", language: "en" }, host: "test-host", version: "0.1.0", isSetupOpen: false }): Promise<FakeAgent> {
  const server = fastify();
  const sockets = new Set<{ terminate(): void }>();
  const self: FakeAgent = {
    url: "",
    calls: [],
    posted: [],
    session,
    isAway: false,
    onPost: () => ({ status: 200, body: {} }),
    breakConnections() {
      for (const socket of sockets) socket.terminate();
    },
    async [Symbol.asyncDispose]() {
      self.breakConnections();
      await server.close();
    },
  };
  server.addHook("onRequest", (_request, reply, done) => (void reply.headers(usualHeaders), done()));
  await server.register(fastifyWebsocket);
  await server.register(fastifyStatic, { root: builtDashboard, wildcard: false });
  server.get("/api/session", () => self.session);
  for (const url of ["/api/login", "/api/setup", "/api/logout"]) {
    server.post(url, (request, reply) => {
      self.posted.push({ url, body: request.body });
      const { status, body } = self.onPost(url, request.body);
      return reply.code(status).send(body);
    });
  }
  server.get("/api/ws", { websocket: true }, (socket) => {
    if (self.isAway) return socket.terminate();
    sockets.add(socket);
    const underWay = new Map<number, AbortController>();
    socket.on("close", () => {
      sockets.delete(socket);
      for (const call of underWay.values()) call.abort();
    });
    socket.on("message", (text: Buffer) => {
      const { id, method, params = {} } = JSON.parse(String(text)) as { id: number; method?: string; params?: Record<string, unknown> };
      if (method === undefined) return underWay.get(id)?.abort();
      self.calls.push({ method, params });
      const call = new AbortController();
      underWay.set(id, call);
      const send = (message: object): void => {
        if (socket.readyState === socket.OPEN) socket.send(JSON.stringify({ id, ...message }));
      };
      const answer = answers[method];
      if (answer === undefined) return send({ error: { code: "UNKNOWN_COMMAND", message: `this agent knows no \`${method}\`` } });
      void Promise.resolve()
        .then(() => answer({ params, emit: (event) => send({ event }), signal: call.signal }))
        .then(
          (result) => send({ result: result ?? null }),
          (error: { code?: string; message: string }) => send({ error: { ...error, code: error.code ?? "FAILED", message: error.message } }),
        );
    });
  });
  server.setNotFoundHandler((request, reply) => (request.url.startsWith("/api") ? reply.code(404).send({}) : reply.sendFile("index.html")));
  const address = await server.listen({ host: "127.0.0.1", port: 0 });
  return Object.assign(self, { url: address });
}

/** Of a stream: until the browser goes. */
export function forever(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
