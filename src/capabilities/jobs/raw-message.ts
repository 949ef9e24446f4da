// A message of the old operator, answered at once as its queues would: for whoever tries one out from the dashboard or the command line. A task waits for its job.
import { jsonMap } from "#base/json.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { JobEngine } from "./jobs.ts";

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

type Message = Readonly<Record<string, unknown>>;

export async function answerMessage(text: string, asker: Asker): Promise<RawAnswer> {
  const message: Message = jsonMap(text);
  // What goes the other way, or elsewhere, is passed on or dropped by the queues: here nobody answers it.
  if (message["direction"] !== "1" || message["location"] !== "2") return {};
  const answer = "op_action" in message ? await managed(message, asker) : await run(message, asker);
  const { isEnd } = answer;
  if (message["reply"] === "2") return isEnd === undefined ? {} : { isEnd };
  const reply = JSON.stringify({ ...message, time: String(Math.floor(Date.now() / 1000)), direction: "2", success: answer.isSuccess ? "1" : "2", msg: answer.said });
  return { reply, ...(isEnd === undefined ? {} : { isEnd }) };
}

interface Answer {
  readonly isSuccess: boolean;
  readonly said: string | object;
  readonly isEnd?: true;
}

async function managed(message: Message, { engine, mayEnd }: Asker): Promise<Answer> {
  const word = (name: string): string => (typeof message[name] === "string" ? message[name] : "");
  const order = { action: word("op_action"), target: word("op_target"), detail: word("op_detail") };
  if (order.action === "stop" && order.target === "all" && !mayEnd) return { isSuccess: false, said: "only an admin may stop the agent" };
  return attempted(async () => {
    const { message: said, info, isEnd } = await engine.manage(order);
    return { isSuccess: true, said: info ?? said, ...(isEnd === undefined ? {} : { isEnd }) };
  });
}

async function run(message: Message, { engine, by, waitMs }: Asker): Promise<Answer> {
  const code = message["op_code"];
  if (typeof code !== "object" || code === null) return { isSuccess: false, said: "'op_code'" };
  const { module, class: className, function: name, fuction } = code as Message;
  const called = name ?? fuction;
  if (typeof module !== "string") return { isSuccess: false, said: "'module'" };
  if (typeof called !== "string") return { isSuccess: false, said: "'function'" };
  const rule = `${module}:${typeof className === "string" && className !== "" ? `${className}.` : ""}${called}`;
  return attempted(async () => {
    const [submitted] = await engine.submit([{ rule, data: JSON.stringify(message["op_data"] ?? {}), from: by, labels: labelsOf(message) }]);
    const { state, text, result, error } = await engine.wait(submitted?.id ?? "", waitMs);
    if (state === "succeeded") return { isSuccess: true, said: text ?? result ?? "" };
    if (state === "failed" || state === "cancelled") return { isSuccess: false, said: error?.message ?? state };
    return { isSuccess: false, said: `the job ${submitted?.id ?? ""} has not ended within ${waitMs / 1000} s; it goes on` };
  });
}

/** As the old operator's replies: what went wrong is said in them. */
async function attempted(act: () => Promise<Answer>): Promise<Answer> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof CommandFailure) return { isSuccess: false, said: error.message };
    throw error;
  }
}

function labelsOf({ company_code: company, client_channel_id: channel }: Message): Readonly<Record<string, string>> {
  return { ...(typeof company === "string" ? { company } : {}), ...(typeof channel === "string" ? { channel } : {}) };
}
