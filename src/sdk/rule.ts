// What a rule is, for who writes one: a function, a class with static methods, or what `defineRule` gives, exported by a file of the rules folder. `dure/rule` for users.
import type { z } from "zod";

/** For the arguments, without a library of one's own: `import { defineRule, z } from "dure/rule"`. */
export { z } from "zod";

export interface RuleContext {
  /** Of the job; the same in each attempt. */
  readonly id: string;
  /** From 1. */
  readonly attempt: number;
  readonly key: string | undefined;
  /** Aborts when the job's time is over or somebody cancels it. What does not end then is ended with its worker. */
  readonly signal: AbortSignal;
  /** How far it is, 0 … 1, and in words. */
  progress(share: number, text?: string): void;
  /** Lines of the job's history, with their level; so is what `console` prints. The first 500 lines of a run are kept, of each 4,000 characters. */
  readonly log: RuleLog;
  /** A moment in the job's timeline: `mark("downloaded", "3 files")`. */
  mark(name: string, text?: string): void;
  /**
   * Has somebody told, once this job has succeeded: a name of `notifiers:` in the config, and a subject, or more. It is kept in the commit that records the result, so
   * neither is without the other, and it is sent again until it has arrived. A job that fails tells nobody.
   */
  notify(notifier: string, notice: string | NoticeText): void;
}

/** `log.warn("the shop is slow", { ms: 4100 })`. Values of arguments that the rule calls secret are hidden in it. */
export interface RuleLog {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export interface NoticeText {
  /** One line. */
  readonly subject: string;
  readonly text?: string;
  /** For programs: JSON. */
  readonly data?: unknown;
}

/** `"10s"`, `"5m"`, or milliseconds. */
export type Time = string | number;

export interface RuleDefinition<Args extends z.ZodType = z.ZodType> {
  readonly summary?: string;
  /** What does not fit is refused before the rule runs, with where and why. */
  readonly args?: Args;
  /** Dotted paths of arguments that are shown nowhere: `["password", "aws.secret"]`. */
  readonly secrets?: readonly string[];
  readonly timeout?: Time;
  /** 1: it is not tried again when it throws. */
  readonly attempts?: number;
  /** Between two attempts: it doubles from `first` up to `most`, with jitter. */
  readonly backoff?: { readonly first: Time; readonly most: Time };
  /** At a time, on one agent. */
  readonly concurrency?: number;
  /** `"10/s"`, `"100/m"`: so often it begins, on one agent. */
  readonly rate?: string;
  /** 0 … 9; the greater first. */
  readonly priority?: number;
  /** In a thread of its own: it computes instead of waiting. */
  readonly ownThread?: boolean;
  /** Dotted path of the argument by which two jobs are the same: `"order.id"`. */
  readonly idempotencyKey?: string;
  run(args: z.output<Args>, context: RuleContext): unknown;
}

/** Told apart from other objects by this symbol, whichever copy of this file made it. */
export const RULE = Symbol.for("dure.rule");

export type Rule<Args extends z.ZodType = z.ZodType> = RuleDefinition<Args> & { readonly [RULE]: true };

export function defineRule<Args extends z.ZodType>(definition: RuleDefinition<Args>): Rule<Args> {
  return { ...definition, [RULE]: true };
}

/** Thrown by a rule: trying again cannot help. */
export class FinalError extends Error {
  override readonly name: string = "FinalError";
  readonly isFinal = true;
}

/** Thrown by a rule: it may be tried again, not before `after`. */
export class RetryAfter extends Error {
  override readonly name: string = "RetryAfter";
  readonly after: Time;
  constructor(after: Time, message = "asked to be tried again later", options?: ErrorOptions) {
    super(message, options);
    this.after = after;
  }
}
