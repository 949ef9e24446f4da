// Runs a rule in a test of its author's, without an agent: its arguments are checked as a worker checks them, its result is what the caller would get, and what it says on its
// way is kept to be looked at. `dure/testing/rule` for users.
import { toError } from "#base/errors.ts";
import type { Rule, RuleContext, RuleLog } from "../rule.ts";
import { RULE } from "../rule.ts";
import { givenBy } from "../rule-result.ts";

export interface RuleLine {
  readonly level: keyof RuleLog;
  readonly message: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

export interface RuleTestContext extends RuleContext {
  readonly lines: RuleLine[];
  readonly marks: { readonly name: string; readonly text?: string }[];
  readonly progressed: { readonly share: number; readonly text?: string }[];
  readonly notices: { readonly notifier: string; readonly subject: string; readonly text: string; readonly data: unknown }[];
  /** As when somebody cancels the job, or its time is over: the rule's signal aborts. */
  cancel(why?: string): void;
}

/** What a rule is given beside its arguments: `ruleContext({ attempt: 2 })` for its second attempt. */
export function ruleContext(given: Partial<Pick<RuleContext, "id" | "attempt" | "key">> = {}): RuleTestContext {
  const controller = new AbortController();
  const lines: RuleLine[] = [];
  const context: Omit<RuleTestContext, keyof RuleContext | "cancel" | "lines"> = { marks: [], progressed: [], notices: [] };
  const at = (level: keyof RuleLog) => (message: string, fields?: Readonly<Record<string, unknown>>): void => void lines.push({ level, message, ...(fields === undefined ? {} : { fields }) });
  return {
    id: given.id ?? "test",
    attempt: given.attempt ?? 1,
    key: given.key,
    signal: controller.signal,
    log: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") },
    progress: (share, text) => void context.progressed.push({ share: Math.min(1, Math.max(0, Number(share) || 0)), ...(text === undefined ? {} : { text }) }),
    mark: (name, text) => void context.marks.push({ name, ...(text === undefined ? {} : { text }) }),
    notify: (notifier, notice) => {
      const { subject, text = "", data = null } = typeof notice === "string" ? { subject: notice } : notice;
      context.notices.push({ notifier, subject, text, data });
    },
    cancel: (why = "it was cancelled") => controller.abort(new Error(why)),
    lines,
    ...context,
  };
}

/**
 * A rule, or a function or static method that is one, run once. Gives its result as whoever submitted the job would get it: as JSON. Rejects with what the rule throws;
 * with INVALID_DATA for arguments that its schema refuses, and with INVALID_RESULT for what JSON cannot say.
 *
 * ```ts
 * const context = ruleContext({ attempt: 2 });
 * assert.deepEqual(await runRule(place, { order: 7, amount: 1200 }, context), { order: 7, total: 1320 });
 * assert.deepEqual(context.marks, [{ name: "placed", text: "order 7" }]);
 * ```
 */
export async function runRule(rule: Rule | ((args: never, context: RuleContext) => unknown), args: unknown = {}, context: RuleContext = ruleContext()): Promise<unknown> {
  const sent: unknown = JSON.parse(JSON.stringify(args) ?? "null"); // A job's data has come as JSON.
  const value: unknown = await (isDefined(rule) ? rule.run(checked(rule, sent), context) : rule(sent as never, context));
  try {
    return JSON.parse(givenBy(value).result);
  } catch (error) {
    throw named("INVALID_RESULT", `what it gave back cannot be written as JSON: ${toError(error).message}`);
  }
}

function isDefined(rule: Rule | ((args: never, context: RuleContext) => unknown)): rule is Rule {
  return typeof rule === "object" && rule[RULE];
}

function checked({ args: schema }: Rule, data: unknown): unknown {
  if (schema === undefined) return data;
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw named("INVALID_DATA", parsed.error.issues.map(({ path, message }) => `${path.length === 0 ? "data" : path.join(".")}: ${message}`).join("; "));
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
