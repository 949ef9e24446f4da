// Runs a command to its end, or ends it with everything it started.
import { startAgentChild } from "#base/child/agent-children.ts";
import { shellCommand } from "#base/child/shell-command.ts";

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
/** Between being asked to end and being killed. */
const GRACE_MS = 300;

/**
 * A string goes to the shell (`/bin/sh`, `cmd.exe`), a list is started as it is. Rejects with CommandError when it does not
 * exit with 0 within `timeoutMs`; aborting the signal ends it too.
 */
export function runCommand(
  command: string | readonly string[],
  { cwd, env, timeoutMs, signal }: { cwd: string; env: NodeJS.ProcessEnv; timeoutMs: number; signal: AbortSignal },
): Promise<Ran> {
  const { promise, resolve, reject } = Promise.withResolvers<Ran>();
  const child = startAgentChild(
    {
      command: typeof command === "string" ? shellCommand(command) : command,
      cwd,
      env,
      stdio: ["ignore", "ignore", "pipe"],
    },
    "command",
  );
  let kept = Buffer.alloc(0);
  child.stderr?.on("data", (bytes: Buffer) => {
    kept = Buffer.concat([kept, bytes]).subarray(-STDERR_BYTES_KEPT);
  });
  let ending: CommandError | undefined;
  let gone: Promise<unknown> | undefined;
  const end = (error: CommandError): void => {
    ending ??= error;
    gone ??= child.end({ signal: "SIGTERM", waitMs: GRACE_MS });
  };
  const timer = setTimeout(() => end(new CommandError(`the command did not end within ${timeoutMs} ms`)), timeoutMs);
  const onAbort = (): void => end(new CommandError("stopped while the command ran"));
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  const settle = async (error: CommandError | undefined): Promise<void> => {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    await gone;
    child.stderr?.destroy(); // A grandchild may hold the pipe open.
    if (error === undefined) resolve({ stderr: kept.toString().trim() });
    else reject(error);
  };
  void child.ended.then(({ code, signal: endedBy, error }) => {
    if (error !== undefined) return settle(new CommandError(`the command cannot be started: ${error.message}`, { cause: error }));
    const finish = (): void => {
      clearTimeout(lastWords);
      child.stderr?.off("close", finish);
      const how = endedBy === null ? `with ${code}` : `by ${endedBy}`;
      const why = kept.length === 0 ? "" : `: ${lastLines(kept)}`;
      void settle(ending ?? (code === 0 ? undefined : new CommandError(`the command ended ${how}${why}`)));
    };
    // What is still in the pipe is read; but whoever it left running may hold the pipe open for ever.
    const lastWords = setTimeout(finish, LAST_WORDS_MS);
    if (child.stderr === null || child.stderr.closed) finish();
    else child.stderr.once("close", finish);
  });
  return promise;
}

function lastLines(bytes: Buffer): string {
  return bytes.toString("utf8").trim().split("\n").slice(-5).join(" | ");
}
