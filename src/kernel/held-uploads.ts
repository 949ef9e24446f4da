// Files on their way to a command: an edge that takes one as a stream holds it here, and the command fetches it by its ticket. So what comes over HTTP passes the
// command table as everything does, and is never whole in memory.
import type { Readable } from "node:stream";
import { uniqueId } from "#base/unique-id.ts";

const held = new Map<string, Readable>();

/** The ticket is nobody else's. Whoever holds a stream drops it when the call is over. */
export function holdUpload(content: Readable): { readonly ticket: string; drop(): void } {
  const ticket = uniqueId();
  held.set(ticket, content);
  return { ticket, drop: () => void held.delete(ticket) };
}

/** Once; undefined: there is none of that ticket. */
export function takeUpload(ticket: string): Readable | undefined {
  const content = held.get(ticket);
  held.delete(ticket);
  return content;
}
