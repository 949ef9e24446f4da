// One run of a program that is a rule: its data goes in as a line of JSON, what it writes is its result, and when its time is over it is ended with all it started.
import type { Readable } from "node:stream";
import { startAgentChild } from "#base/child/agent-children.ts";
import type { ChildTree } from "#base/child/child-tree.ts";
import type { RuleContext } from "#sdk/rule.ts";
import { endsWithUs } from "./agent-watch.ts";

const STDERR_CHARACTERS_MAX = 2000;
const KILL_MS = 2000;
/** What it says on its standard error beyond this is let go. */
const SAID_BYTES_MAX = 64 << 10;
const running = new Set<ChildTree>();

/** At once: nobody waits for what they give any more. */
export function endPrograms(): void {
  for (const child of running) child.signal("SIGKILL");
}

export async function runProgram(command: readonly string[], cwd: string, args: unknown, { id, attempt, signal }: RuleContext): Promise<unknown> {
  const child = startAgentChild({ command, cwd, env: { ...process.env, DURE_JOB_ID: id, DURE_JOB_ATTEMPT: String(attempt) }, stdio: ["pipe", "pipe", "pipe"] }, "rule");
  const stop = (): void => void child.end({ signal: "SIGTERM", waitMs: KILL_MS });
  signal.addEventListener("abort", stop, { once: true });
  running.add(child);
  endsWithUs(id, child.pid ?? 0);
  try {
    child.stdin?.on("error", () => {}); // It need not read what it is given.
    child.stdin?.end(`${JSON.stringify(args)}\n`);
    const bytesMax = Number(process.env["DURE_RESULT_BYTES_MAX"] ?? 1 << 20);
    let isTooLarge = false;
    const tooLarge = (): void => {
      isTooLarge = true;
      void child.end({ signal: "SIGKILL", waitMs: 0 });
    };
    const [out, said, end] = await Promise.all([allOf(child.stdout, bytesMax, tooLarge), endOf(child.stderr), child.ended]);
    if (end.error !== undefined) throw end.error;
    if (isTooLarge) throw Object.assign(new Error(`it writes more than the ${bytesMax} bytes that are allowed`), { name: "TOO_LARGE", isFinal: true, stack: undefined });
    if (said !== "") console.error(said.trimEnd());
    if (end.code === 0) return jsonOrText(out);
    const why = end.signal === null ? `exit code ${end.code}` : `signal ${end.signal}`;
    throw Object.assign(new Error(`${why}${said === "" ? "" : `: ${said.trim().slice(-STDERR_CHARACTERS_MAX)}`}`), { name: "PROGRAM_FAILED", stack: undefined });
  } finally {
    running.delete(child);
    endsWithUs(id, 0);
    signal.removeEventListener("abort", stop);
  }
}

async function allOf(stream: Readable | null, bytesMax: number, tooLarge: () => void): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of (stream ?? []) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= bytesMax) chunks.push(chunk);
    else if (bytes - chunk.length <= bytesMax) tooLarge(); // Once; the rest is let go.
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The last of what it says: there is why it failed. */
async function endOf(stream: Readable | null): Promise<string> {
  let kept: Buffer = Buffer.alloc(0);
  for await (const chunk of (stream ?? []) as AsyncIterable<Buffer>) kept = Buffer.concat([kept, chunk]).subarray(-SAID_BYTES_MAX);
  return kept.toString("utf8");
}

function jsonOrText(out: string): unknown {
  const trimmed = out.trim();
  try {
    return JSON.parse(trimmed);
  } catch {
    return trimmed;
  }
}
