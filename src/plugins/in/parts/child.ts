// A child process whose standard output is an input. It leads a process group of its own, so that ending it ends all it started.
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import iconv from "iconv-lite";
import { toError } from "#base/errors.ts";
import { OWN_GROUP, endTree } from "#base/process-tree.ts";
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
  /** Ends it and all it started. */
  end(): void;
  /** Ends it and all it started, and waits until it is gone. */
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

/** A string goes to the shell (`/bin/sh`, `cmd.exe`), a list is started as it is. */
export function startChild(command: string | readonly string[], { cwd, env = {}, encoding = "utf-8", onStderr }: ChildOptions): Child {
  const [program = "", ...list] = typeof command === "string" ? [command] : command;
  let child: ChildProcessByStdio<null, Readable, Readable>;
  try {
    child = spawn(program, list, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"], shell: typeof command === "string", ...OWN_GROUP });
  } catch (error) {
    return neverStarted(toError(error));
  }
  const { promise: ended, resolve } = Promise.withResolvers<ChildEnd>();
  child.on("exit", (code, endedBy) => resolve({ code, endedBy }));
  child.on("error", (error) => {
    child.stdout.destroy();
    resolve({ code: null, endedBy: null, error });
  });
  sayLines(child.stderr, encoding, onStderr);
  const stdout = streamSource(child.stdout);
  return {
    stdout,
    ended,
    end: () => endTree(child),
    async close() {
      endTree(child);
      await ended;
      stdout.close();
      child.stderr.destroy(); // A grandchild that left the group may hold the pipe open.
    },
  };
}

/** "with 3", "by SIGKILL", or why it was not started. */
export function howItEnded({ code, endedBy, error }: ChildEnd): string {
  if (error !== undefined) return `was not started: ${error.message}`;
  return endedBy === null ? `with ${code}` : `by ${endedBy}`;
}

function neverStarted(error: Error): Child {
  const nothing: ByteSource = { available: async () => 0, read: async () => 0, finish() {}, close() {} };
  return { stdout: nothing, ended: Promise.resolve({ code: null, endedBy: null, error }), end() {}, async close() {} };
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
