// Who runs jobs, seen from the bench: jobs are sent, answers come back. The bench is the client of all of them, with the client library that each of them has.
import type { EchoJob } from "./echo-job.ts";

export interface Contender {
  readonly name: string;
  readonly ko: string;
  /** Ours are measured with 1, 2 and 4 workers as well. */
  readonly family: "dure" | "peer" | "ceiling";
  /** Starts servers and workers in an empty folder; resolves when jobs would be run at once. */
  start(dir: string, workers: number): Promise<Running>;
}

export interface Running {
  /** Resolves when all of them are durable. */
  send(jobs: readonly EchoJob[]): Promise<void>;
  /** Each answer that comes. */
  onReply(tell: (number: number, back: unknown) => void): void;
  /** Processes that take jobs and run them, each with its descendants. */
  workers(): readonly number[];
  /** Broker or database beside them. */
  servers(): readonly number[];
  stop(): Promise<void>;
}

/** Jobs that are run at a time, over all workers. */
export const SLOTS = 300;
