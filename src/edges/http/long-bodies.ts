// A long body is held in memory until it is whole, however slowly it comes: so many at a time, and of one user so many that others have places.
import type { FastifyReply, FastifyRequest } from "fastify";
import { CommandFailure } from "#kernel/commands/failure.ts";
import { sendFailure } from "./answers.ts";

const LONG_MAX = 32;
const LONG_OWN_MAX = 16;

export class LongBodies {
  /** Longer than this is long. */
  readonly #bytes: number;
  #count = 0;
  readonly #owned = new Map<string, number>();

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** Before the body is read, of somebody who is known. */
  readonly take = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const { "content-length": length = 0, "transfer-encoding": encoding } = request.headers;
    if (encoding === undefined && Number(length) <= this.#bytes) return undefined;
    const owner = request.caller?.user ?? request.caller?.name ?? "";
    const own = this.#owned.get(owner) ?? 0;
    if (LONG_MAX <= this.#count || LONG_OWN_MAX <= own) return sendFailure(reply, tooMany());
    this.#count += 1;
    this.#owned.set(owner, own + 1);
    reply.raw.once("close", () => this.#leave(owner));
    return undefined;
  };

  #leave(owner: string): void {
    this.#count -= 1;
    const left = (this.#owned.get(owner) ?? 1) - 1;
    if (left === 0) this.#owned.delete(owner);
    else this.#owned.set(owner, left);
  }
}

function tooMany(): CommandFailure {
  return new CommandFailure("BUSY", { message: "too many long requests are coming in at once", hint: "Try again in a moment.", ko: { message: "긴 요청이 한꺼번에 너무 많이 들어오고 있습니다", hint: "잠시 뒤에 다시 시도하세요." } });
}
