// A program that the bench starts, and ends.
import { spawn } from "node:child_process";
import { once } from "node:events";

export interface Program {
  readonly pid: number;
  stop(): Promise<void>;
}

const READY_MS = 60_000;
const STOP_MS = 15_000;

/** Resolves when what it says fits. */
export async function startProgram(command: string, args: readonly string[], { cwd, env, ready }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly ready: RegExp }): Promise<Program> {
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error(`${command} is not ready after ${READY_MS} ms:\n${said}`)), READY_MS);
  child.once("exit", (code, signal) => reject(new Error(`${command} ended with ${code ?? signal}:\n${said}`)));
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-10_000);
      if (ready.test(said)) resolve();
    });
  await promise.finally(() => clearTimeout(timer));
  return {
    pid: child.pid ?? 0,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      const hard = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await gone;
      clearTimeout(hard);
    },
  };
}
