// How an agent is told to drain and end. Where there are signals: SIGTERM from `dure stop` or the system, SIGINT from a keyboard.
// Windows has none that a process could answer, so there a file beside the pid file asks, and the agent looks for it.
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { isAlive } from "#base/alive.ts";

export type StopSignal = "SIGINT" | "SIGTERM";

const LOOK_EVERY_MS = 250;

/** Calls back at each request. What comes back stops listening. */
export function onStopRequest(pidFile: string | undefined, asked: (signal: StopSignal) => void, platform: NodeJS.Platform = process.platform): () => void {
  const onInterrupt = () => asked("SIGINT");
  const onTerminate = () => asked("SIGTERM");
  process.on("SIGINT", onInterrupt).on("SIGTERM", onTerminate);
  if (platform !== "win32") process.on("SIGHUP", onTerminate); // The terminal is gone; nobody is left to stop us.
  const file = platform === "win32" && pidFile !== undefined ? stopFile(pidFile) : undefined;
  if (file !== undefined) rmSync(file, { force: true }); // Meant for an agent before this one.
  const timer = file === undefined ? undefined : setInterval(() => {
    if (!existsSync(file)) return;
    rmSync(file, { force: true });
    asked("SIGTERM");
  }, LOOK_EVERY_MS).unref();
  return () => {
    clearInterval(timer);
    process.off("SIGINT", onInterrupt).off("SIGTERM", onTerminate).off("SIGHUP", onTerminate);
  };
}

/** Asks the agent with this id to drain and end. False when it is no longer there. */
export function requestStop(pid: number, pidFile: string, platform: NodeJS.Platform = process.platform): boolean {
  if (!isAlive(pid)) return false;
  if (platform === "win32") writeFileSync(stopFile(pidFile), "");
  else process.kill(pid, "SIGTERM");
  return true;
}

function stopFile(pidFile: string): string {
  return `${pidFile}.stop`;
}
