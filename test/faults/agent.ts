// The whole agent as a child process, for tests that hurt it: as a user starts it. The launcher becomes the agent, so a signal hits that.
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { until } from "../cli/run-dure.ts";
import type { Folder } from "../cli/run-dure.ts";

export interface Agent {
  readonly pid: number;
  /** What it has logged so far. */
  log(): string;
  /** Resolves when a line of the log fits; a line holds the pipeline's name and the fields. */
  logged(line: RegExp): Promise<void>;
  /** Resident memory in MiB; undefined where the system does not tell. */
  memoryMiB(): number | undefined;
  /** Descriptors it holds open now; undefined where the system does not tell. */
  openFiles(): number | undefined;
  /** SIGTERM; resolves when it has ended in order. */
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** However it did. */
  hasEnded(): boolean;
}

export interface AgentOptions {
  readonly agent?: Record<string, unknown>;
  readonly file?: string;
  /** What else the config says: `store`, `http`. */
  readonly config?: Record<string, unknown>;
  /** The file is there: it is started with that. */
  readonly isWritten?: boolean;
}

const LOGGED_MS = 60_000;
const STOPPED_BY_SIGTERM = 143;

/** Starts an agent with these pipelines in the folder, which ends it with itself. */
export function startAgent(folder: Folder, pipelines: Record<string, unknown>, { agent = {}, file = "dure.yml", config = {}, isWritten = false }: AgentOptions = {}): Agent {
  if (!isWritten) folder.write(file, JSON.stringify({ agent, ...config, pipelines }));
  const { child, ended } = folder.spawn(["run", file, "--lang", "en"]);
  let log = "";
  child.stderr.on("data", (text: string) => (log += text));
  child.stdout.on("data", (text: string) => (log += text));
  const pid = child.pid ?? 0;
  return {
    pid,
    log: () => log,
    logged: (line) =>
      until(
        () => {
          if (log.split("\n").some((one) => line.test(one))) return true;
          if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the agent ended without logging ${String(line)}:\n${log}`);
          return false;
        },
        `${String(line)} in the log`,
        LOGGED_MS,
      ).catch((error: Error) => Promise.reject(new Error(`${error.message}\n${log.slice(-4000)}`))),
    memoryMiB() {
      const kilobytes = procFile(pid, "status")?.match(/^VmRSS:\s+(\d+) kB/m)?.[1];
      return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
    },
    openFiles: () => (existsSync(`/proc/${pid}/fd`) ? readdirSync(`/proc/${pid}/fd`).length : undefined),
    async stop() {
      child.kill("SIGTERM");
      assert.equal((await ended).code, STOPPED_BY_SIGTERM, log.slice(-4000));
    },
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    async kill() {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}

function procFile(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return undefined;
  }
}
