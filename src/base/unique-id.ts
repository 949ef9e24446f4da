import { hostname } from "node:os";
import { threadId } from "node:worker_threads";
import { sha256 } from "./sha256.ts";

/** 16 characters (base64, 96 bits) that nobody else has. Not a secret: made of the machine, the process, the moment and what V8 draws. */
export function uniqueId(): string {
  const facts = [hostname(), process.pid, threadId, process.hrtime.bigint(), Date.now(), Math.random(), Math.random()];
  return sha256(facts.join("\n")).toString("base64", 0, 12);
}
