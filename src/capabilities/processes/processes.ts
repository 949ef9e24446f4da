// Processes as the rest of the agent sees them. Everything is plain JSON: the processes run in a thread of their own.
import type { ProcessesPlan } from "#kernel/config/process-plan.ts";
import type { ExitFacts, SupervisedState } from "#kernel/supervisor/supervised.ts";
import type { FlowAlert, Movement, OutputLine, QueueStatus } from "./flows/flows.ts";

/**
 * stopped → waiting → starting → running → stopping → stopped. `backoff` between two tries; `failed`: it gave up; `done`: it ended well and is
 * not to be started again; `unhealthy`: it runs, and its probe says otherwise.
 */
export type ProcessState = SupervisedState;

export interface InstanceStatus {
  /** Counted from 1. */
  readonly instance: number;
  readonly state: ProcessState;
  readonly pid: number | null;
  readonly startedMs: number | null;
  /** Since somebody started it last. */
  readonly restarts: number;
  /** Of one processor, in percent, since the look before. */
  readonly cpuPercent: number | null;
  readonly residentBytes: number | null;
  /** Why it waits, or is not well: a dependency, the next try, what the probe said. */
  readonly reason?: string;
  /** Of `backoff`. */
  readonly nextTryMs?: number;
}

export interface ExitRecord extends ExitFacts {
  readonly instance: number;
}

export interface ProcessStatus {
  readonly name: string;
  readonly type: string;
  /** The worst of its instances. */
  readonly state: ProcessState;
  /** What is wanted: by the config, or by who started or stopped it last. */
  readonly wanted: "running" | "stopped";
  /** Who started or stopped it last; none: the config. */
  readonly by?: string;
  readonly sinceMs: number;
  readonly instancesWanted: number;
  readonly instances: readonly InstanceStatus[];
  readonly restarts: number;
  readonly isCrashLooping: boolean;
  readonly reason?: string;
  /** Of a schedule that sends to it or starts it. */
  readonly nextRunMs?: number;
  readonly lastExit?: ExitRecord;
  readonly queue: QueueStatus;
  readonly groups: readonly string[];
  /** Those it says it depends on. */
  readonly dependsOn: readonly string[];
}

export interface ProbeRecord {
  readonly atMs: number;
  readonly instance: number;
  readonly isWell: boolean;
  readonly tookMs: number;
  readonly words: string;
}

/** What `processes.show` adds to the status. */
export interface ProcessDetail {
  readonly exits: readonly ExitRecord[];
  readonly probes: readonly ProbeRecord[];
  /** Absolute. */
  readonly workDir: string;
  readonly cwd: string;
  readonly command: readonly string[];
}

export interface Recovery {
  /** `process-message-YYYYMMDDHHMMSS`. */
  readonly name: string;
  readonly process: string;
  readonly message: string;
  readonly startMs: number;
  readonly endMs: number | null;
  readonly state: "running" | "done" | "FAIL" | "TIME_OUT";
}

export type ProcessEvent = { readonly name: string; readonly data: Readonly<Record<string, unknown>> };

/** What the thread can be asked. Each rejects with CommandFailure. */
export interface ProcessEngine {
  /** Goes over to another plan: processes that say the same are not touched. Gives why not, or nothing. */
  apply(plan: ProcessesPlan): Promise<string | undefined>;
  list(): Promise<readonly ProcessStatus[]>;
  show(name: string): Promise<ProcessDetail>;
  start(names: readonly string[], by: string): Promise<void>;
  stop(names: readonly string[], by: string): Promise<void>;
  restart(names: readonly string[], by: string): Promise<void>;
  /** At once, without asking it. */
  kill(name: string, by: string): Promise<void>;
  signal(name: string, signal: string, instance: number | undefined): Promise<number>;
  scale(name: string, instances: number, by: string): Promise<void>;
  /** Resolves when the message is in the journal. */
  send(name: string, message: string): Promise<void>;
  closeInput(name: string): Promise<void>;
  clearQueue(name: string): Promise<number>;
  movements(limit: number): Promise<readonly Movement[]>;
  lines(name: string, limit: number): Promise<readonly OutputLine[]>;
  recover(name: string, message: string): Promise<Recovery>;
  recoveries(): Promise<readonly Recovery[]>;
  saveQueues(names: readonly string[]): Promise<number>;
  loadQueues(names: readonly string[]): Promise<number>;
  runSchedule(name: string, by: string): Promise<void>;
  schedules(): Promise<readonly { readonly name: string; readonly nextRunMs: number | null; readonly lastRunMs: number | null; readonly lastProblem?: string }[]>;
}

/** What the thread tells without being asked. */
export interface ProcessNews {
  event(event: ProcessEvent): void;
  alert(alert: FlowAlert): void;
  /** A process's state has changed. */
  state(status: ProcessStatus): void;
}
