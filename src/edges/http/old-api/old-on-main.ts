// EventFlow's routes under the API's own port: known as everybody there by token or session, and held to the same origins; the answers are the old ones.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { mayCall } from "#kernel/access/caller.ts";
import { CommandFailure, failureFacts, failureStatus } from "#kernel/commands/failure.ts";
import type { CommandTable } from "#kernel/commands/table.ts";
import { LongLines } from "../../console/line-reader.ts";
import { reasonOf } from "../../console/old-answers.ts";
import { mustBeKnown } from "../api.ts";
import { nobody, sendJson } from "../answers.ts";
import { mayBeSlow } from "../body-bound.ts";
import type { Who } from "../visitor.ts";
import { isUpload, jsonBody, oldText, pathOf, PREFIX, usualBodyLimits } from "./old-wire.ts";
import type { OldAnswer } from "./old-routes.ts";

export async function addOldRoutes(server: FastifyInstance, { table, who }: { readonly table: CommandTable; readonly who: Who }): Promise<void> {
  const held = new LongLines(usualBodyLimits.heldBytesMax);
  await server.register(async (own) => {
    own.removeAllContentTypeParsers();
    own.addContentTypeParser("*", (_request, _payload, done) => done(null)); // A GET has a body, too: the route reads it itself.
    own.route({
      method: ["GET", "POST", "PUT", "DELETE"],
      url: `${PREFIX}*`,
      onRequest: mustBeKnown(who),
      async handler(request, reply) {
        const gone = new AbortController();
        reply.raw.once("close", () => {
          if (!reply.raw.writableFinished) gone.abort();
        });
        const { status, body } = await answer(request, { table, held, signal: gone.signal });
        if (!request.raw.complete) void reply.header("connection", "close"); // What was not read of a body would be the next request.
        return sendOld(reply, status, body);
      },
    });
  });
}

async function answer(request: FastifyRequest, { table, held, signal }: { readonly table: CommandTable; readonly held: LongLines; readonly signal: AbortSignal }): Promise<OldAnswer> {
  const { answerOld, results } = await import("./old-routes.ts"); // Few are ever asked.
  try {
    const { caller, method, raw } = request;
    if (caller === null) throw new CommandFailure("UNAUTHENTICATED", nobody);
    const [pathname = "", query = ""] = request.url.split("?", 2);
    const path = pathOf(pathname);
    const create = table.find("processes.create");
    const mayBeLong = isUpload(method, pathname) && create !== undefined && mayCall(caller, create); // Who may not is refused without having sent megabytes.
    if (mayBeLong) mayBeSlow(raw);
    const body = await jsonBody(raw, mayBeLong ? usualBodyLimits.uploadBytesMax : usualBodyLimits.bodyBytesMax, held);
    return await answerOld({ table, caller, signal }, { method, path, query: new URLSearchParams(query), body });
  } catch (error) {
    return { status: failureStatus[failureFacts(error).code], body: results([{ isDone: false, message: reasonOf(error) }]) };
  }
}

function sendOld(reply: FastifyReply, status: number, body: OldAnswer["body"]): FastifyReply {
  return sendJson(reply, oldText(body), status);
}
