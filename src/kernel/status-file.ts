// What a running agent last said of itself, in a small file beside its pid file: `dure status` reads it without asking the agent.
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

export interface AgentStatus {
  readonly pid: number;
  readonly startedAtMs: number;
  readonly writtenAtMs: number;
  readonly configFile: string;
  readonly pipelines: readonly PipelineStatus[];
}

export interface PipelineStatus {
  readonly name: string;
  readonly state: string;
  readonly recordsIn: number;
  readonly recordsOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly retries: number;
  readonly deadLetters: number;
  readonly error?: string;
  /** Who has paused it, and when. */
  readonly paused?: { readonly by: string; readonly sinceMs: number };
  /** Outputs that take nothing now and are tried again. */
  readonly failing?: readonly FailingStatus[];
  /** Only where the agent is asked; the file has none. */
  readonly steps?: readonly StepStatus[];
}

export interface FailingStatus {
  /** `2:out.Fluentd`. */
  readonly step: string;
  readonly sinceMs: number;
  readonly reason: string;
  /** A failover sends what it does not take another way. */
  readonly isBypassed?: boolean;
}

export interface StepStatus {
  /** `2:parse.Json`. */
  readonly step: string;
  /** Records that came to it so far. */
  readonly recordsIn: number;
  /** How long it was at work so far, in milliseconds. */
  readonly busyMs?: number;
  /** Of a buffer: what it holds now. */
  readonly held?: { readonly bytes: number; readonly batches: number; readonly bytesMax?: number };
}

export function statusFileOf(pidFile: string): string {
  return `${pidFile}.status`;
}

/** Whole or not at all: a reader never sees half of it. */
export function writeStatus(file: string, status: AgentStatus): void {
  const next = `${file}.new`;
  writeFileSync(next, JSON.stringify(status));
  renameSync(next, file);
}

/** undefined when there is none, or none that can be read. */
export function readStatus(file: string): AgentStatus | undefined {
  try {
    const status = JSON.parse(readFileSync(file, "utf8")) as AgentStatus;
    return Array.isArray(status.pipelines) ? status : undefined;
  } catch {
    return undefined;
  }
}

export function removeStatus(file: string): void {
  rmSync(file, { force: true });
}
