// How requests and answers of EventFlow's HTTP API lie on the wire: JSON bodies, even of a GET, and JSON answers with four blanks.
import type { IncomingMessage } from "node:http";
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { LongLines } from "../../console/line-reader.ts";
import type { OldAnswer } from "./old-routes.ts";

export const PREFIX = "/api/v1/";

export interface OldBodyLimits {
  readonly bodyBytesMax: number;
  /** Of `POST tasks`, which may hold programs. */
  readonly uploadBytesMax: number;
  /** What bodies may hold at a time, all together. */
  readonly heldBytesMax: number;
}

export const usualBodyLimits: OldBodyLimits = { bodyBytesMax: 1 << 20, uploadBytesMax: 90 << 20, heldBytesMax: 128 << 20 };

export function isUpload(method: string | undefined, pathname: string): boolean {
  return method === "POST" && pathname.replace(/\/$/, "") === `${PREFIX}tasks`;
}

/** Undefined: there is none. */
export async function jsonBody(request: IncomingMessage, bytesMax: number, held: LongLines): Promise<unknown> {
  const parts: Buffer[] = [];
  let [length, taken] = [0, 0];
  try {
    if (bytesMax < Number(request.headers["content-length"] ?? 0)) throw tooLong(bytesMax);
    for await (const part of request as AsyncIterable<Buffer>) {
      length += part.length;
      if (bytesMax < length) throw tooLong(bytesMax);
      if (!held.take(part.length)) throw new CommandFailure("BUSY", { message: "too many long requests are coming in at once", hint: "Try again in a moment.", ko: { message: "긴 요청이 한꺼번에 너무 많이 들어오고 있습니다", hint: "잠시 뒤에 다시 시도하세요." } });
      taken += part.length;
      parts.push(part);
    }
    const text = Buffer.concat(parts).toString("utf8").trim();
    return text === "" ? undefined : (JSON.parse(text) as unknown);
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    throw new CommandFailure("INVALID", { message: "the body is not JSON", ko: { message: "본문이 JSON이 아닙니다" } });
  } finally {
    held.give(taken);
  }
}

/** Behind the prefix, decoded. */
export function pathOf(pathname: string): string[] {
  try {
    return pathname.slice(PREFIX.length).replace(/\/$/, "").split("/").map(decodeURIComponent);
  } catch {
    throw notHere();
  }
}

/** As EventFlow wrote it: with four blanks. */
export function oldText(body: OldAnswer["body"]): string {
  return `${JSON.stringify(body, null, 4)}\n`;
}

export function notHere(): CommandFailure {
  return new CommandFailure("NOT_FOUND", { message: "nothing is at this address", ko: { message: "이 주소에는 아무것도 없습니다" } });
}

function tooLong(bytesMax: number): CommandFailure {
  return new CommandFailure("INVALID", { message: `the body is too long; it may have ${Math.floor(bytesMax / 1_048_576)} MB`, ko: { message: `본문이 너무 깁니다. ${Math.floor(bytesMax / 1_048_576)}MB까지 됩니다` } });
}
