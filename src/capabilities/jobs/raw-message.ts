// A message of the old operator, answered at once as its queues would: for whoever tries one out from the dashboard, the command line or the old WebSocket. A task waits
// for its job.
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { JobRecord } from "#sdk/job-store.ts";
import type { NewJob, Outcome } from "#sdk/queue.ts";
import type { JobEngine } from "./jobs.ts";
import { readEnvelope, replyTo } from "./operator/envelope.ts";
import { answerOrder } from "./operator/management-messages.ts";
import { taskCodec } from "./operator/task-codec.ts";

export interface RawAnswer {
  /** Undefined: it asks for none, is not for the operator, or is no message. */
  readonly reply?: string;
  /** `stop all`: the agent ends once the answer is on its way. */
  readonly isEnd?: true;
}

interface Asker {
  readonly engine: JobEngine;
  readonly by: string;
  /** Whether who asks may end the agent. */
  readonly mayEnd: boolean;
  readonly waitMs: number;
}

export async function answerMessage(text: string, asker: Asker): Promise<RawAnswer> {
  const body = Buffer.from(text);
  const envelope = readEnvelope(body);
  // What goes the other way, or elsewhere, is passed on or dropped by the queues: here nobody answers it.
  if (envelope.is === "unreadable" || envelope.direction !== "1" || envelope.location !== "2") return {};
  if (Object.hasOwn(envelope.value, "op_action")) return managed(body, asker);
  const codec = taskCodec({ from: asker.by, dataBytesMax: Infinity, now, log: SILENT, access() {} });
  const reading = codec.read(body);
  if (reading.do === "answer" && reading.body !== undefined) return { reply: reading.body };
  if (reading.do !== "run") return {};
  const outcome = await outcomeOf(reading.job, asker);
  const reply = "unfinished" in outcome ? replyTo(envelope.text, { isSuccess: false, message: outcome.unfinished, atMs: now() }) : codec.answer({ ...reading.job, id: "", createdMs: 0, priority: 0, attempt: 1, losses: 0 }, outcome);
  return reply === undefined ? {} : { reply };
}

const SILENT = { warn() {} };

async function managed(body: Buffer, { engine, mayEnd }: Asker): Promise<RawAnswer> {
  let isEnd = false;
  const answer = await answerOrder(body, {
    manage(order) {
      if (order.action !== "stop" || order.target !== "all" || mayEnd) return engine.manage(order);
      throw new CommandFailure("FORBIDDEN", { message: "only an admin may stop the agent" });
    },
    end: () => (isEnd = true),
    now,
    log: SILENT,
    access() {},
  });
  answer.after?.();
  return { ...(answer.body === undefined ? {} : { reply: answer.body }), ...(isEnd ? { isEnd } : {}) };
}

type Ended = Extract<Outcome, { readonly type: "succeeded" | "failed" | "cancelled" }>;

/** As in the old operator's replies: what went wrong is said in them. */
async function outcomeOf(job: NewJob, { engine, waitMs }: Asker): Promise<Ended | { readonly unfinished: string }> {
  try {
    const [submitted] = await engine.submit([job]);
    const id = submitted?.id ?? "";
    return endOf(await engine.wait(id, waitMs)) ?? { unfinished: `the job ${id} has not ended within ${waitMs / 1000} s; it goes on` };
  } catch (error) {
    if (error instanceof CommandFailure) return { type: "failed", error: { kind: error.code, message: error.message } };
    throw error;
  }
}

function endOf({ state, text, result, error }: JobRecord): Ended | undefined {
  if (state === "succeeded") return { type: "succeeded", result: result ?? "null", ...(text === undefined ? {} : { text }) };
  if (state === "failed") return { type: "failed", error: error ?? { kind: "Error", message: state } };
  return state === "cancelled" ? { type: "failed", error: { kind: state, message: error?.message ?? state } } : undefined;
}

function now(): number {
  return Date.now();
}
