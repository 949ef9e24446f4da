// What a request carries of who sent it, and who that is.
import type { FastifyRequest } from "fastify";
import type { Caller, Edge } from "#kernel/access/caller.ts";
import type { AccessRoute } from "./access-routes.ts";
import { sessionOf } from "./session-cookie.ts";
import type { CookiePlace } from "./session-cookie.ts";

/** What is asked of `kernel/access`. */
export interface AccessPort {
  /** Undefined for nobody we know. Rejects when that cannot be told now. */
  authenticate(credentials: { readonly cookie: string | undefined; readonly bearer: string | undefined; readonly edge: Extract<Edge, "http" | "websocket">; readonly address: string }): Promise<Caller | undefined>;
  /** Calls `listener` whenever somebody may have become less; what comes back ends it. */
  onChange(listener: () => void): () => void;
  /** `/api/login` and its like. */
  readonly routes: readonly AccessRoute[];
}

export type Who = (request: FastifyRequest) => Promise<Caller | undefined>;

export function askWho(access: AccessPort, place: CookiePlace): Who {
  return (request) => {
    const { authorization = "", cookie, upgrade } = request.headers;
    const bearer = /^bearer +(\S+) *$/i.exec(authorization)?.[1];
    return access.authenticate({ cookie: sessionOf(cookie, place), bearer, edge: upgrade === undefined ? "http" : "websocket", address: request.ip });
  };
}
