// Messages of others at a broker, read as jobs and answered in their own words. The backend moves them; what they mean, the codec knows.
import type { NewJob, Outcome, QueuedJob } from "./queue.ts";

export interface Intake {
  /** Queue that is read: declared durable when it is missing, taken as it is when it is there, never purged. */
  readonly queueIn: string;
  /** Where answers go, by the default exchange. A message with `reply_to` is answered there, with its `correlation_id`. */
  readonly queueOut: string;
  readonly codec: IntakeCodec;
}

export interface IntakeCodec {
  /** Never throws. */
  read(body: Buffer): Reading;
  /** What is answered once a job is over; undefined: nobody waits. */
  answer(job: QueuedJob, outcome: Extract<Outcome, { readonly type: "succeeded" | "failed" | "cancelled" }>): string | undefined;
}

/** `forward`: goes to `queueOut` unchanged. `drop`: acknowledged, and nothing else. `answer`: cannot be run, and this is said. */
export type Reading =
  | { readonly do: "run"; readonly job: NewJob }
  | { readonly do: "forward" }
  | { readonly do: "drop" }
  | { readonly do: "answer"; readonly body: string | undefined };

/** Words for the agent itself: each message is answered by one call, in the order they came. */
export interface ManagementIntake {
  readonly queueIn: string;
  readonly queueOut: string;
  /** What is answered; undefined: nothing. `after` is called when the answer is confirmed and the message acknowledged. */
  answer(body: Buffer): Promise<{ readonly body: string | undefined; after?(): void }>;
}
