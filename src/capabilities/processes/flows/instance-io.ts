// Between the supervisor and the flows: standard input, output and error of one running instance of a process.
import type { Readable, Writable } from "node:stream";
import type { ChildEnd } from "#base/child/child-tree.ts";

/** What a child is to be started with. Made before it starts, for some descriptors are ours. */
export interface InstanceStdio {
  readonly stdio: readonly ["pipe" | "ignore" | number, "pipe" | "ignore" | number, "pipe" | "ignore" | number];
  /** The child has been started: gives its streams to the flows, and closes what was opened for the child alone. */
  attach(child: { readonly stdin: Writable | null; readonly stdout: Readable | null; readonly stderr: Readable | null }): InstanceIo;
  /** It was not started after all. */
  drop(): void;
}

export interface InstanceIo {
  /** The child has ended: what it had printed is read, its event in flight settles (back to the front, or aside), an alert leaves when it had one. Resolves when that is done. */
  died(end: ChildEnd): Promise<void>;
  /** No new event is handed to it; resolves when the one in flight is done, or it died. The end of its standard input follows. For a graceful stop. */
  drain(): Promise<void>;
  /** What it said last on its standard error, the oldest first. */
  lastStderr(): readonly string[];
  /** Closes its standard input once what waits has been written. */
  closeInput(): void;
}

export interface InstanceRequest {
  readonly process: string;
  /** Counted from 1. */
  readonly instance: number;
  /** It did not settle its event in time: it has to be ended and started anew. */
  onSilent(): void;
  /** A line on standard output or error, for health probes that wait for one. */
  onLine?(line: string): void;
}
