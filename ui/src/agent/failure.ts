// How a call fails: the agent's own words in the user's language, or ours when the agent cannot be reached.
import type { FailureFacts as AgentFailure } from "#kernel/commands/failure.ts";
import { language } from "../words/say.ts";
import { words } from "../words/frame.ts";

export interface FailureFacts extends Omit<AgentFailure, "code"> {
  readonly code: AgentFailure["code"] | "UNREACHABLE";
}

export class CallFailure extends Error {
  override readonly name = "CallFailure";
  readonly facts: FailureFacts;
  constructor(facts: FailureFacts) {
    super(facts.message);
    this.facts = facts;
  }
  get code(): FailureFacts["code"] {
    return this.facts.code;
  }
}

/** What to show of whatever was thrown. */
export function failureText(thrown: unknown): Omit<FailureFacts, "ko"> {
  const facts: FailureFacts = thrown instanceof CallFailure ? thrown.facts : { code: "FAILED", message: thrown instanceof Error ? thrown.message : String(thrown) };
  const told = language.value === "ko" && facts.ko !== undefined ? facts.ko : facts;
  return { code: facts.code, message: told.message, ...(told.hint === undefined ? {} : { hint: told.hint }) };
}

/** No answer came, or one that is not from an agent. */
export function unreachable(): CallFailure {
  const { unreachable: message, unreachableHint: hint } = words;
  return new CallFailure({ code: "UNREACHABLE", message: message.en, hint: hint.en, ko: { message: message.ko, hint: hint.ko } });
}

export function factsOf(body: unknown): FailureFacts | undefined {
  if (typeof body !== "object" || body === null || !("error" in body)) return undefined;
  const { error } = body;
  return typeof error === "object" && error !== null && "code" in error && "message" in error ? (error as FailureFacts) : undefined;
}
