// A stream on the command line: until it ends by itself, its time is up, or somebody stops it.
import { exitCode } from "./exit-codes.ts";
import type { ExitCode } from "./exit-codes.ts";

export async function untilStopped(forMs: number | undefined, follow: (signal: AbortSignal) => Promise<unknown>): Promise<ExitCode> {
  const enough = new AbortController();
  const timer = forMs === undefined ? undefined : setTimeout(() => enough.abort(), forMs);
  let code: ExitCode = exitCode.done;
  const onSignal = (signal: NodeJS.Signals): void => {
    code = signal === "SIGTERM" ? exitCode.terminated : exitCode.interrupted;
    enough.abort();
  };
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  try {
    await follow(enough.signal);
  } catch (error) {
    if (!enough.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
  return code;
}
