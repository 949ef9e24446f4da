// The errors of the house. Expected failures are told apart by `code`, never by their text.

/** An error's words, where it has to go and cannot go itself. */
export interface Told {
  readonly message: string;
  readonly hint?: string;
  /** The same in Korean, of what a person may have asked for on a command line. */
  readonly ko?: { readonly message: string; readonly hint?: string };
}

export abstract class AppError extends Error {
  abstract readonly code: string;
  /** What the reader can do, as one imperative sentence. */
  readonly hint: string | undefined;
  readonly ko: Told["ko"];
  constructor(message: string, options: { hint?: string; ko?: Told["ko"]; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.hint = options.hint;
    this.ko = options.ko;
  }
}

export function toldOf(thrown: unknown): Told {
  const { message, hint, ko } = toError(thrown) as Error & { readonly hint?: unknown; readonly ko?: Told["ko"] };
  return { message, ...(typeof hint === "string" ? { hint } : {}), ...(ko === undefined ? {} : { ko }) };
}

/** Trying again cannot help: the batch goes to the dead letters. Any other error is retried. */
export class PermanentError extends AppError {
  override readonly name = "PermanentError"; // Spelled out: bundlers rename classes.
  readonly code = "PERMANENT";
}

/** The other side asks to be left alone for a while. The batch is tried again, not before `afterMs`. */
export class BusyError extends AppError {
  override readonly name = "BusyError";
  readonly code = "BUSY";
  readonly afterMs: number;
  constructor(message: string, options: { afterMs: number; hint?: string; cause?: unknown }) {
    super(message, options);
    this.afterMs = options.afterMs;
  }
}

/** What the user gave (an option, a file, a command line) cannot work; starting again will not help. */
export class UsageError extends AppError {
  override readonly name = "UsageError";
  readonly code = "USAGE";
}

export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** The system's own code of a failure (`ENOENT`, `ECONNREFUSED`), or undefined. */
export function systemCode(thrown: unknown): string | undefined {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
}
