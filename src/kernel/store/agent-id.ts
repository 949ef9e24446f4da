// Which agent a row belongs to, in a store that several share: an id made at the first start, kept in the data folder.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import { systemCode } from "#base/errors.ts";
import { uniqueId } from "#base/unique-id.ts";
import type { Log } from "#sdk/plugin.ts";

/** As wide as the columns that hold it. */
const ID = /^[\w-]{8,32}$/;

export function isAgentId(text: string): boolean {
  return ID.test(text);
}

export function agentIdFile(dataDir: string): string {
  return join(dataDir, "agent-id");
}

/** Where the folder cannot be written, what this run stores belongs to an agent of its own. */
export function agentIdOrNew(dataDir: string, log: Log): string {
  try {
    return agentId(dataDir);
  } catch (error) {
    log.warn("the agent's id cannot be kept in the data folder", { dataDir, error });
    return newId();
  }
}

export function agentId(dataDir: string): string {
  const file = agentIdFile(dataDir);
  const known = readId(file);
  if (known !== undefined) return known;
  mkdirSync(dataDir, { recursive: true });
  const own = `${file}.${process.pid}.${threadId}.new`; // Two threads of an agent ask at the same time.
  writeFileSync(own, `${newId()}\n`, { flush: true });
  try {
    linkSync(own, file); // Appears whole, and never over another's.
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
    if (readId(file) === undefined) renameSync(own, file); // There, but no id: cut by a power failure, or by hand.
  } finally {
    rmSync(own, { force: true });
  }
  return readId(file) ?? agentId(dataDir);
}

function newId(): string {
  return uniqueId().replaceAll("+", "-").replaceAll("/", "_");
}

function readId(file: string): string | undefined {
  try {
    const text = readFileSync(file, "utf8").trim();
    return isAgentId(text) ? text : undefined;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
