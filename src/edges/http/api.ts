// The routes of the command table: made by the rule of route-of.ts, each calls its command and nothing else.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { JsonValue } from "#base/json.ts";
import type { Caller } from "#kernel/access/caller.ts";
import { mayCall } from "#kernel/access/caller.ts";
import type { BoundCommand } from "#kernel/commands/command.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { CommandTable } from "#kernel/commands/table.ts";
import { valuesOf } from "#kernel/commands/words.ts";
import type { Words } from "#kernel/commands/words.ts";
import { optionSchema, propertiesOf } from "#kernel/option-schema.ts";
import { nobody, sendFailure, sendJson } from "./answers.ts";
import type { EventStreams } from "./event-streams.ts";
import { resultText } from "./json-text.ts";
import { LongBodies } from "./long-bodies.ts";
import { keyIn, routeOf } from "./route-of.ts";
import type { Who } from "./visitor.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who asks; known behind `mustBeKnown`. */
    caller: Caller | null;
  }
}

export interface ApiParts {
  readonly table: CommandTable;
  readonly streams: EventStreams;
  readonly who: Who;
  /** Of somebody who is known. */
  readonly bodyBytesMax: number;
  /** What is longer is held for few at a time. */
  readonly longBytes: number;
}

/** Before the body is read: whoever is nobody has nothing to say. */
export function mustBeKnown(who: Who) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    let caller: Caller | undefined;
    try {
      caller = await who(request);
    } catch (thrown) {
      return sendFailure(reply, thrown); // The store is away: who it is cannot be told now.
    }
    if (caller === undefined) return sendFailure(reply, new CommandFailure("UNAUTHENTICATED", nobody));
    request.caller = caller;
    return undefined;
  };
}

export function addCommandRoutes(server: FastifyInstance, parts: ApiParts): void {
  server.decorateRequest("caller", null);
  const onRequest = [mustBeKnown(parts.who), new LongBodies(parts.longBytes).take];
  for (const command of parts.table.commands) {
    const { method, path, isAlsoPost } = routeOf(command);
    const url = ["/api", ...path.map((word) => word ?? ":key")].join("/");
    const handler = command.event === undefined ? answering(parts, command) : streaming(parts, command);
    server.route({ method: isAlsoPost ? [method, "POST"] : method, url, bodyLimit: parts.bodyBytesMax, onRequest, handler });
  }
}

function answering({ table }: ApiParts, command: BoundCommand) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const gone = new AbortController();
    if (reply.raw.destroyed) gone.abort(); // He left while it was asked who he is.
    reply.raw.once("close", () => {
      if (!reply.raw.writableFinished) gone.abort(); // An abort makes an error with its stack, which takes as long as the rest.
    });
    try {
      return sendJson(reply, resultText(await table.call(command.name, paramsOf(command, request), callerOf(request), { signal: gone.signal })));
    } catch (thrown) {
      return sendFailure(reply, thrown);
    }
  };
}

function streaming({ table, streams, who }: ApiParts, command: BoundCommand) {
  const takesAfter = "after" in propertiesOf(optionSchema(command.params));
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const caller = callerOf(request);
    await streams.serve({
      reply,
      owner: caller.user ?? caller.name,
      // In here, so that parameters that do not fit are answered as the failure of any call.
      run: (emit, signal) => Promise.try((): Promise<JsonValue> => table.call(command.name, withLastId(paramsOf(command, request), takesAfter, request), caller, { signal, emit })),
      async isWelcome() {
        const now = await who(request);
        return now !== undefined && mayCall(now, command);
      },
    });
    return reply;
  };
}

/** What a browser's EventSource says by itself when its connection broke. */
function withLastId(params: Record<string, unknown>, takesAfter: boolean, { headers }: FastifyRequest): Record<string, unknown> {
  const last = headers["last-event-id"];
  return takesAfter && typeof last === "string" && /^\d{1,15}$/.test(last) ? { ...params, after: Number(last) } : params;
}

function paramsOf(command: BoundCommand, { method, params, query, body }: FastifyRequest): Record<string, unknown> {
  const { key: keyText } = params as { readonly key?: string };
  const key = keyText === undefined || command.key === undefined ? {} : { [command.key]: keyIn(keyText) };
  if (method === "GET") return valuesOf(command.params, { ...(query as Words), ...key });
  const given = body ?? {};
  if (typeof given !== "object" || Array.isArray(given)) throw notAMap();
  if (Object.keys(query as object).length !== 0) throw inTheQuery();
  return { ...given, ...valuesOf(command.params, key) };
}

function callerOf({ caller }: FastifyRequest): Caller {
  if (caller === null) throw new CommandFailure("UNAUTHENTICATED", nobody);
  return caller;
}

function notAMap(): CommandFailure {
  return new CommandFailure("INVALID", { message: "the body is a JSON object of parameters", ko: { message: "본문은 매개변수를 담은 JSON 객체입니다" } });
}

/** Addresses are written into logs on the way: what a change is told does not belong there. */
function inTheQuery(): CommandFailure {
  return new CommandFailure("INVALID", { message: "parameters of a POST, PATCH or DELETE belong into its JSON body, not into the address", ko: { message: "POST, PATCH, DELETE의 매개변수는 주소가 아니라 JSON 본문에 넣습니다" } });
}
