// A TCP port of 127.0.0.1 that is free now, and will be a moment later: for programs that must be told one. Not one that the system gives, for it gives
// the same, once let go, to the next socket that asks for any, and outgoing connections of other tests do that all the time.
import { once } from "node:events";
import { createServer } from "node:net";
import { randomInt } from "node:crypto";
import { systemCode } from "#base/errors.ts";

/** Below what Linux, macOS and Windows give of themselves (from 32768, 49152 and 49152). */
const [FIRST, BEHIND_LAST] = [10_000, 32_000];
const TRIES = 100;
const given = new Set<number>();

export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = randomInt(FIRST, BEHIND_LAST);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`none of ${TRIES} ports between ${FIRST} and ${BEHIND_LAST} is free`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch (error) {
    if (["EADDRINUSE", "EACCES"].includes(systemCode(error) ?? "")) return false; // Some of Windows' are kept for others.
    throw error;
  }
  server.close();
  await once(server, "close");
  return true;
}
