// Events between processes: the face of this folder. Runs in the thread of the processes.
import type { ProcessesPlan } from "#kernel/config/process-plan.ts";
import type { Log } from "#sdk/plugin.ts";
import type { Clock } from "#base/clock.ts";
import type { InstanceRequest, InstanceStdio } from "./instance-io.ts";

export interface FlowsParts {
  readonly plan: ProcessesPlan;
  /** Exists; the journal, FIFOs and what was put aside live here. */
  readonly dir: string;
  /** Of the program that keeps pipes alive: by it the next agent knows it. */
  readonly holderMark: string;
  readonly clock: Clock;
  readonly log: Log;
  /** A consumer died over an event, or said something that is no acknowledgement and looks like an exception. */
  onAlert(alert: FlowAlert): void;
  /** Something was put aside, a queue is full or no longer: for events and the dashboard. */
  onFact(name: "process.event-skipped" | "process.queue-full" | "process.queue-free", data: Readonly<Record<string, unknown>>): void;
}

export interface FlowAlert {
  readonly process: string;
  readonly atMs: number;
  /** What it said, from the first `Exception` or `Traceback` on. */
  readonly message: string;
  /** The event it had. */
  readonly event: string;
}

export interface QueueStatus {
  readonly process: string;
  /** Events of its own queue, and of the one that its consumers share. */
  readonly own: number;
  readonly shared: number;
  readonly bytes: number;
  readonly inFlight: number;
  readonly skipped: number;
  /** Events taken in, handed on and done since the agent started. */
  readonly eventsIn: number;
  readonly eventsOut: number;
  readonly isFull: boolean;
}

/** A movement: what `shw global_queue` shows. */
export interface Movement {
  readonly atMs: number;
  readonly process: string;
  readonly direction: "stdin -> task" | "task -> stdout" | "task -> stderr";
  readonly text: string;
}

export interface OutputLine {
  /** Grows by one for each line of the process. */
  readonly id: number;
  readonly atMs: number;
  readonly instance: number;
  readonly stream: "stdin" | "stdout" | "stderr";
  readonly text: string;
}

export interface LinesWatch {
  take(): readonly OutputLine[];
  close(): void;
}

export interface Flows {
  /** Before an instance is started. */
  prepare(request: InstanceRequest): Promise<InstanceStdio>;
  /** Goes over to another plan: queues of what stays are kept; of a process that is gone they are dropped. */
  apply(plan: ProcessesPlan): Promise<void>;
  /** Takes a message into the process's own queue; resolves when it is in the journal. Waits while the queue is full; aborting the signal gives it up. */
  send(process: string, message: string, signal: AbortSignal): Promise<void>;
  /** Takes whole lines as if the process had printed them: they go where its lines go. Resolves when they are in the journal. */
  print(process: string, lines: Buffer, signal: AbortSignal): Promise<void>;
  /** Drops what waits in its queues; gives how many. */
  clear(process: string): Promise<number>;
  queues(): readonly QueueStatus[];
  /** The newest last. */
  movements(limit: number): readonly Movement[];
  lines(process: string, limit: number): readonly OutputLine[];
  /** Tells that lines have passed, each time they do; gives the last so many of those that nobody has taken. */
  watchLines(process: string, linesMax: number, tell: () => void): LinesWatch;
  /** Takes what a process prints as a consumer that is no process (a pipeline): whole lines, in their order; `ack` settles. */
  consume(process: string, consumer: string, signal: AbortSignal): AsyncIterable<{ readonly lines: Buffer; readonly count: number; ack(): void }>;
  /** Puts whole lines into the process's own queue; resolves when they are in the journal. */
  produce(process: string, lines: Buffer, signal: AbortSignal): Promise<void>;
  /** Of what the agent before had left behind: reads what their FIFOs still hold. Before those are ended (`ended` after it): `finish` reads the rest. */
  salvage(): Promise<{ finish(): Promise<void> }>;
  /** Writes queue dumps `NAME_input.dmp` and `NAME_output.dmp`, an event a line, or reads them in. */
  saveQueues(processes: readonly string[], dir: string): Promise<number>;
  loadQueues(processes: readonly string[], dir: string): Promise<number>;
  close(): Promise<void>;
}
