// How a command fails, for every edge alike: a code that programs read, words that people read, and where in the parameters it lies.
import { AppError, PermanentError, UsageError, systemCode, toldOf } from "#base/errors.ts";
import type { Told } from "#base/errors.ts";
import type { JsonValue } from "#base/json.ts";
import { StoreFailure } from "#sdk/store.ts";

/** Each code, and the HTTP status that says the same. */
export const failureStatus = {
  UNKNOWN_COMMAND: 404,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  /** The parameters are not what the command takes; `issues` says where. */
  INVALID: 400,
  NOT_FOUND: 404,
  /** Something has changed meanwhile, or stands in the way. */
  CONFLICT: 409,
  /** The config has errors; `details` has them with their places. */
  CONFIG_INVALID: 422,
  BUSY: 429,
  /** A part that is needed does not answer now. */
  UNAVAILABLE: 503,
  /** We did not foresee it; the log says more. */
  FAILED: 500,
} as const;
export type FailureCode = keyof typeof failureStatus;

export interface Issue {
  /** Of the parameter: `name`, `records.0`. */
  readonly path: string;
  readonly message: string;
}

/** A failure on its way to the caller, in JSON. */
export interface FailureFacts extends Told {
  readonly code: FailureCode;
  readonly issues?: readonly Issue[];
  readonly details?: JsonValue;
}

export class CommandFailure extends AppError {
  override readonly name = "CommandFailure";
  readonly code: FailureCode;
  readonly issues: readonly Issue[] | undefined;
  readonly details: JsonValue | undefined;
  constructor(code: FailureCode, { message, ...told }: Told, more: { readonly issues?: readonly Issue[]; readonly details?: JsonValue; readonly cause?: unknown } = {}) {
    super(message, { ...told, cause: more.cause });
    this.code = code;
    this.issues = more.issues;
    this.details = more.details;
  }
}

/** What a caller is told of whatever was thrown. An error nobody foresaw says only that: its words may hold what is none of his business. */
export function failureFacts(thrown: unknown): FailureFacts {
  if (thrown instanceof CommandFailure) return { code: thrown.code, ...toldOf(thrown), ...(thrown.issues === undefined ? {} : { issues: thrown.issues }), ...(thrown.details === undefined ? {} : { details: thrown.details }) };
  if (thrown instanceof UsageError || thrown instanceof PermanentError) return { code: "INVALID", ...toldOf(thrown) };
  if (thrown instanceof StoreFailure && thrown.fault !== "duplicate" && thrown.fault !== "wrong") return { code: "UNAVAILABLE", ...toldOf(thrown) };
  if (thrown instanceof StoreFailure && thrown.fault === "wrong") return unforeseen(thrown.cause);
  if (thrown instanceof AppError) return { code: "CONFLICT", ...toldOf(thrown) };
  return unforeseen(thrown);
}

function unforeseen(thrown: unknown): FailureFacts {
  const code = systemCode(thrown);
  return {
    code: "FAILED",
    message: code === undefined ? "something went wrong inside the agent" : `something went wrong inside the agent (${code})`,
    hint: "The agent's log says more: `dure logs --level error`.",
    ko: { message: code === undefined ? "에이전트 내부에서 오류가 났습니다" : `에이전트 내부에서 오류가 났습니다 (${code})`, hint: "에이전트 로그를 확인하세요: `dure logs --level error`" },
  };
}

/** Whether the agent's log has to say more of it. */
export function isUnforeseen(thrown: unknown): boolean {
  return !(thrown instanceof AppError) || (thrown instanceof StoreFailure && thrown.fault === "wrong");
}

/** The caller has gone, and what was begun for him is given up. */
export function nobodyWaits(): CommandFailure {
  return new CommandFailure("UNAVAILABLE", { message: "nobody waits for the answer any more", ko: { message: "답을 기다리는 쪽이 없습니다" } });
}
