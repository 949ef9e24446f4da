// The one route beside the table that changes something: a program comes as a file, of any length, and is written to the disk while it comes. It is the command
// `programs.upload` all the same, with its permission, its audit and its failures.
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import type { Readable } from "node:stream";
import { mayCall } from "#kernel/access/caller.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { CommandTable } from "#kernel/commands/table.ts";
import { holdUpload } from "#kernel/held-uploads.ts";
import { mustBeKnown } from "./api.ts";
import { mayBeSlow } from "./body-bound.ts";
import { nobody, sendFailure, sendJson } from "./answers.ts";
import { resultText } from "./json-text.ts";
import { keyIn } from "./route-of.ts";
import type { Who } from "./visitor.ts";

interface Upload {
  readonly name: string;
  readonly content: Readable;
}

const COMMAND = "programs.upload";
/** Of each user: disks are slow, and each holds a connection. */
const AT_ONCE_MAX = 4;

export async function addProgramUpload(server: FastifyInstance, { table, who }: { readonly table: CommandTable; readonly who: Who }): Promise<void> {
  const command = table.find(COMMAND);
  if (command === undefined) return;
  const underWay = new Map<string, number>();
  await server.register(async (own) => {
    own.removeAllContentTypeParsers();
    own.addContentTypeParser(["multipart/form-data", "application/octet-stream"], (_request, _payload, done) => done(null)); // The route reads it itself.
    own.route({
      method: "POST",
      url: "/api/programs/:key/file",
      onRequest: mustBeKnown(who),
      async handler(request, reply) {
        const { caller } = request;
        const key = caller?.user ?? caller?.name ?? "";
        const mine = underWay.get(key) ?? 0;
        try {
          if (caller === null) throw new CommandFailure("UNAUTHENTICATED", nobody);
          // Before it is read; the table says it again, and why.
          if (!mayCall(caller, command)) return refuse(request, reply, await table.call(COMMAND, {}, caller).then(() => undefined, (error: unknown) => error));
          if (AT_ONCE_MAX <= mine) return refuse(request, reply, tooMany());
          underWay.set(key, mine + 1);
          mayBeSlow(request.raw);
          const { name, content } = await fileOf(request);
          content.on("error", () => {}); // Whoever reads it is told; when nobody does, nobody has to be.
          const { ticket, drop } = holdUpload(content);
          const gone = new AbortController();
          reply.raw.once("close", () => {
            if (!reply.raw.writableFinished) gone.abort();
          });
          try {
            const { key: process = "" } = request.params as { readonly key?: string };
            return sendJson(reply, resultText(await table.call(COMMAND, { process: keyIn(process), file: name, ticket }, caller, { signal: gone.signal })));
          } finally {
            drop();
            content.destroy();
          }
        } catch (thrown) {
          return refuse(request, reply, thrown);
        } finally {
          if (0 < mine) underWay.set(key, mine);
          else underWay.delete(key);
        }
      },
    });
  });
}

/** What is still to come is not read: the connection ends with the answer. */
function refuse({ raw }: FastifyRequest, reply: FastifyReply, thrown: unknown): FastifyReply {
  if (!raw.complete) void reply.header("connection", "close");
  return sendFailure(reply, thrown);
}

async function fileOf({ raw, query, headers }: FastifyRequest): Promise<Upload> {
  const type = headers["content-type"] ?? "";
  if (/^multipart\/form-data/i.test(type)) return firstFileOf(raw);
  const { file } = query as { readonly file?: unknown };
  if (typeof file !== "string" || file === "") throw wrong("name the file in the address: `?file=etl.py`", "주소에 파일 이름을 쓰세요: `?file=etl.py`");
  const content = raw.pipe(new PassThrough());
  endWith(raw, () => content.destroy(cutOff()));
  return { name: file, content };
}

/** Who sends has left in the middle of it. */
function endWith(raw: IncomingMessage, end: () => void): void {
  raw.once("close", () => {
    if (!raw.complete) end();
  });
}

function cutOff(): CommandFailure {
  return wrong("the form holds no file, or is cut off", "양식에 파일이 없거나 잘렸습니다");
}

/** Of a form, its first file; what else is in it is left out. Resolves when the file begins. */
async function firstFileOf(raw: IncomingMessage): Promise<Upload> {
  const { Busboy } = await import("@fastify/busboy");
  return new Promise((resolve, reject) => {
    const content = new PassThrough().on("error", () => {});
    const fail = (): void => {
      const error = cutOff();
      content.destroy(error);
      reject(error);
    };
    let form: InstanceType<typeof Busboy>;
    try {
      form = new Busboy({ headers: { ...raw.headers, "content-type": raw.headers["content-type"] ?? "" }, limits: { files: 1, fields: 20, fieldSize: 64 << 10, parts: 25, headerPairs: 100 } });
    } catch {
      return fail();
    }
    let isFound = false;
    form.on("file", (_field, stream, name) => {
      isFound = true;
      stream.on("error", fail);
      stream.pipe(content);
      resolve({ name: name ?? "", content });
    });
    form.on("error", fail);
    form.on("finish", () => {
      if (!isFound) fail();
    });
    content.on("error", () => raw.unpipe(form)); // Nobody wants it any more.
    endWith(raw, fail);
    raw.pipe(form);
  });
}

function wrong(en: string, ko: string): CommandFailure {
  return new CommandFailure("INVALID", { message: en, ko: { message: ko } });
}

function tooMany(): CommandFailure {
  return new CommandFailure("BUSY", { message: "too many files are coming in at once", hint: "Try again when one has been taken.", ko: { message: "파일이 한꺼번에 너무 많이 들어오고 있습니다", hint: "하나가 끝난 뒤 다시 시도하세요." } });
}
