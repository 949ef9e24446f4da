// Runs a command to its end: in a process group of its own, so that ending it ends everything it started.
import { spawn } from "node:child_process";
import { OWN_GROUP, endTree } from "#base/process-tree.ts";

export interface Ran {
  /** The last lines it wrote to its standard error. */
  readonly stderr: string;
}

/** The command ended badly, or not in time. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

const STDERR_BYTES_KEPT = 4096;
const LAST_WORDS_MS = 200;

/**
 * A string goes to the shell (`/bin/sh`, `cmd.exe`), a list is started as it is. Rejects with CommandError when it does not
 * exit with 0 within `timeoutMs`; aborting the signal ends it too.
 */
export function runCommand(
  command: string | readonly string[],
  { cwd, env, timeoutMs, signal }: { cwd: string; env: NodeJS.ProcessEnv; timeoutMs: number; signal: AbortSignal },
): Promise<Ran> {
  const { promise, resolve, reject } = Promise.withResolvers<Ran>();
  const common = { cwd, env, stdio: ["ignore", "ignore", "pipe"] as ["ignore", "ignore", "pipe"], ...OWN_GROUP };
  const [program = "", ...list] = typeof command === "string" ? [command] : command;
  const child = spawn(program, list, { ...common, shell: typeof command === "string" });
  let kept = Buffer.alloc(0);
  child.stderr.on("data", (bytes: Buffer) => {
    kept = Buffer.concat([kept, bytes]).subarray(-STDERR_BYTES_KEPT);
  });
  let ending: CommandError | undefined;
  const end = (error: CommandError): void => {
    ending ??= error;
    endTree(child);
  };
  const timer = setTimeout(() => end(new CommandError(`the command did not end within ${timeoutMs} ms`)), timeoutMs);
  const onAbort = (): void => end(new CommandError("stopped while the command ran"));
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  let isSettled = false;
  const settle = (error: CommandError | undefined): void => {
    if (isSettled) return;
    isSettled = true;
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    child.stderr.destroy(); // A grandchild may hold the pipe open.
    if (error === undefined) resolve({ stderr: kept.toString().trim() });
    else reject(error);
  };
  child.on("error", (error) => settle(new CommandError(`the command cannot be started: ${error.message}`, { cause: error })));
  child.on("exit", (code, endedBy) => {
    const finish = (): void => {
      clearTimeout(lastWords);
      const how = endedBy === null ? `with ${code}` : `by ${endedBy}`;
      const why = kept.length === 0 ? "" : `: ${lastLines(kept)}`;
      settle(ending ?? (code === 0 ? undefined : new CommandError(`the command ended ${how}${why}`)));
    };
    // What is still in the pipe is read; but whoever it left running may hold the pipe open for ever.
    const lastWords = setTimeout(finish, LAST_WORDS_MS);
    child.once("close", finish);
  });
  return promise;
}

function lastLines(bytes: Buffer): string {
  return bytes.toString("utf8").trim().split("\n").slice(-5).join(" | ");
}
