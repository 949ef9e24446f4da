// Orders for the agent in messages of the old form, from the management queue or a WebSocket: opened, carried out, answered in the same envelope.
import { toldOf } from "#base/errors.ts";
import type { Told } from "#base/errors.ts";
import type { ManagementIntake } from "#sdk/intake.ts";
import type { Log } from "#sdk/plugin.ts";
import type { ManagementAnswer, ManagementOrder } from "../jobs.ts";
import { flagOf, readEnvelope, replyTo } from "./envelope.ts";
import type { ManagementLine } from "./log-lines.ts";

export interface ManagementMessageParts {
  manage(order: ManagementOrder): Promise<ManagementAnswer>;
  /** Of `stop all`, once its answer is on its way. */
  readonly end: () => unknown;
  readonly now: () => number;
  readonly log: Pick<Log, "warn">;
  readonly access: (line: ManagementLine) => void;
}

/** A message larger than that holds no order. */
export const ORDER_BYTES_MAX = 64 << 10;

export function managementIntake(queues: Pick<ManagementIntake, "queueIn" | "queueOut">, parts: ManagementMessageParts): ManagementIntake {
  return { ...queues, answer: (body) => answerOrder(body, parts) };
}

/** Never rejects. */
export async function answerOrder(body: Buffer, { manage, end, now, log, access }: ManagementMessageParts): Promise<{ readonly body: string | undefined; after?(): void }> {
  const startMs = now();
  const envelope = body.length <= ORDER_BYTES_MAX ? readEnvelope(body) : ({ is: "unreadable", why: `it has ${body.length} bytes, more than ${ORDER_BYTES_MAX}` } as const);
  const written = (order: ManagementOrder, isSuccess: boolean, isSaid: boolean): void => access({ ...order, isSuccess, isAnswered: isSaid, seconds: (now() - startMs) / 1000 });
  if (envelope.is === "unreadable") {
    written(NO_ORDER, false, false);
    log.warn("a management message was dropped", { bytes: body.length, why: envelope.why });
    return SILENT;
  }
  const { direction, location, value, text } = envelope;
  if (direction !== undefined && direction !== "1") return { body: String(body) };
  if (direction !== undefined && location !== undefined && location !== "2") return SILENT;
  const read = orderOf(value);
  const order = "problem" in read ? read.order : read;
  const reply = (isSuccess: boolean, message: string | object): string | undefined => {
    const said = replyTo(text, { isSuccess, message, atMs: now() });
    written(order, isSuccess, said !== undefined);
    return said;
  };
  if ("problem" in read) return { body: reply(false, read.problem) };
  try {
    const { message, info, isEnd } = await manage(order);
    const said = reply(true, info ?? message);
    return isEnd === true ? { body: said, after: () => void end() } : { body: said };
  } catch (thrown) {
    return { body: reply(false, failureText(toldOf(thrown))) };
  }
}

const SILENT = { body: undefined };
const NO_ORDER: ManagementOrder = { action: "-", target: "-", detail: "-" };

/** What is wrong, and what would be right: on one line, for it is one field of a reply. */
function failureText({ message, hint }: Told): string {
  return hint === undefined ? message : `${message}. ${hint}`;
}

function orderOf(value: Readonly<Record<string, unknown>>): ManagementOrder | { readonly problem: string; readonly order: ManagementOrder } {
  const order = { action: flagOf(value, "op_action") ?? "-", target: flagOf(value, "op_target") ?? "", detail: flagOf(value, "op_detail") ?? "" };
  const wrong = (problem: string): { problem: string; order: ManagementOrder } => ({ problem, order });
  for (const key of ["direction", "location", "op_action"]) if (!Object.hasOwn(value, key)) return wrong(`missing key: ${key}`);
  for (const key of ["op_action", "op_target", "op_detail"]) if (Object.hasOwn(value, key) && typeof value[key] !== "string") return wrong(`${key} must be text`);
  return order;
}
