// A child process whose standard output is an input.
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import iconv from "iconv-lite";
import { startAgentChild } from "#base/child/agent-children.ts";
import { shellCommand } from "#base/child/shell-command.ts";
import { streamSource } from "./byte-source.ts";
import type { ByteSource } from "./byte-source.ts";

/** How a child ended. */
export interface ChildEnd {
  /** null: a signal ended it, or it was never started. */
  readonly code: number | null;
  readonly endedBy: string | null;
  /** It could not be started. */
  readonly error?: Error;
}

export interface Child {
  /** Read only as fast as it is asked for: a full pipe makes the program wait. */
  readonly stdout: ByteSource;
  /** Never rejects. Its output may still be under way, or held open by what it left running. */
  readonly ended: Promise<ChildEnd>;
  /** Asks it and all it started to end, and kills what does not. */
  end(): void;
  /** The same, and waits until all are gone. */
  close(): Promise<void>;
}

interface ChildOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Encoding of what it says on its standard error. */
  readonly encoding?: string;
  /** A line of its standard error, shortened. */
  onStderr(line: string): void;
}

const STDERR_LINE_CHARACTERS_MAX = 500;
/** Between being asked to end and being killed. */
const GRACE_MS = 300;

/** A string goes to the shell (`/bin/sh`, `cmd.exe`), a list is started as it is. */
export function startChild(command: string | readonly string[], { cwd, env = {}, encoding = "utf-8", onStderr }: ChildOptions): Child {
  const child = startAgentChild(
    {
      command: typeof command === "string" ? shellCommand(command) : command,
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    },
    "input",
  );
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error("a child was started without its pipes");
  sayLines(stderr, encoding, onStderr);
  const source = streamSource(stdout);
  const end = async (): Promise<void> => void (await child.end({ signal: "SIGTERM", waitMs: GRACE_MS }));
  return {
    stdout: source,
    ended: child.ended.then(({ code, signal, error }) => ({ code, endedBy: signal, ...(error === undefined ? {} : { error }) })),
    end: () => void end(),
    async close() {
      await end();
      await child.ended;
      source.close();
      stderr.destroy(); // Who could not be killed may hold the pipe open.
    },
  };
}

/** "with 3", "by SIGKILL", or why it was not started. */
export function howItEnded({ code, endedBy, error }: ChildEnd): string {
  if (error !== undefined) return `was not started: ${error.message}`;
  return endedBy === null ? `with ${code}` : `by ${endedBy}`;
}

function sayLines(stream: Readable, encoding: string, say: (line: string) => void): void {
  const decoder = /^utf-?8$/i.test(encoding) ? new StringDecoder("utf8") : iconv.getDecoder(encoding);
  let line = "";
  const onText = (text: string): void => {
    const [first = "", ...others] = text.split("\n");
    line = (line + first).slice(0, STDERR_LINE_CHARACTERS_MAX);
    for (const next of others) {
      if (line.trim() !== "") say(line.trimEnd());
      line = next.slice(0, STDERR_LINE_CHARACTERS_MAX);
    }
  };
  stream.on("data", (bytes: Buffer) => onText(decoder.write(bytes)));
  stream.on("error", () => {}); // Its end says all there is to say.
  stream.on("close", () => onText(`${decoder.end() ?? ""}\n`));
}
