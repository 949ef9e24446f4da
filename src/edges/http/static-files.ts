// The dashboard's files, as they were built: compressed beforehand, for ever where their name holds their hash, and else asked for again. The
// page itself is given for the addresses of screens, and for no other: a mistyped address is not found.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { FastifyInstance, FastifyReply } from "fastify";

/** First parts of the dashboard's addresses; "" is the overview. */
export const screenPaths = ["", "pipelines", "processes", "flows", "schedules", "console", "jobs", "operator", "notifiers", "dead-letters", "logs", "events", "config", "audit", "users", "tokens", "sessions", "diagnostics", "help", "setup", "login"] as const;
const PAGE = "index.html";
const FOR_EVER = "public, max-age=31536000, immutable";
const ASK_AGAIN = "no-cache";
const PLAIN_NAME = /^(?!.*\.(?:gz|br)$)[\w-]+(?:\.[\w-]+)+$/;
const METHODS = ["GET", "HEAD"] as const;

export async function addStaticFiles(server: FastifyInstance, dir: string): Promise<void> {
  if (!existsSync(join(dir, PAGE))) {
    server.get("/", (_, reply) => reply.code(404).type("text/plain; charset=utf-8").send("The dashboard is not built: `npm start` does it. The API is at /api/openapi.json.\n"));
    return;
  }
  const { default: fastifyStatic } = await import("@fastify/static");
  // One route for each file there is; of what was built later, under a running agent, only plain names are looked for.
  await server.register(fastifyStatic, {
    root: dir,
    wildcard: false,
    index: false,
    globIgnore: ["**/*.{gz,br}", PAGE],
    preCompressed: true,
    cacheControl: false,
    setHeaders: (reply, path) => void reply.header("cache-control", /[\\/]assets[\\/]/.test(path) ? FOR_EVER : ASK_AGAIN),
  });
  server.route<{ Params: { name: string } }>({
    method: [...METHODS],
    url: "/assets/:name",
    handler: ({ params: { name } }, reply) => (PLAIN_NAME.test(name) ? reply.sendFile(`assets/${name}`) : reply.callNotFound()),
  });
  const page = (_: unknown, reply: FastifyReply): FastifyReply => reply.sendFile(PAGE);
  for (const path of screenPaths) {
    server.route({ method: [...METHODS], url: `/${path}`, handler: page });
    if (path !== "") server.route({ method: [...METHODS], url: `/${path}/*`, handler: page });
  }
}
