// The lines of the old operator's logs, letter by letter, for those who read them with programs of their own. Pure: time and place are given.

/** One task in the access log. */
export interface TaskLine {
  readonly company: string;
  readonly channel: string;
  /** `test.module:TestClass.callme`; `-`: nobody knows. */
  readonly rule: string;
  readonly isSuccess: boolean;
  readonly isAnswered: boolean;
  /** Lengths of their texts. */
  readonly requestSize?: number | undefined;
  /** None when it failed. */
  readonly responseSize?: number | undefined;
  readonly seconds: number;
}

/** One order in the access log; "-" where it is not known. */
export interface ManagementLine {
  readonly action: string;
  readonly target: string;
  readonly detail: string;
  readonly isSuccess: boolean;
  readonly isAnswered: boolean;
  readonly seconds: number;
}

export const OLD_LEVELS = ["NOTSET", "CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"] as const;
export type OldLevel = (typeof OLD_LEVELS)[number];

export interface EngineLine {
  readonly level: OldLevel;
  readonly logger: string;
  readonly pid: number;
  readonly thread: string;
  /** `start(pool.ts:42)`: where it was said. */
  readonly where: string;
  readonly message: string;
  readonly stack?: string | undefined;
}

export function taskText({ company, channel, rule, isSuccess, isAnswered, requestSize, responseSize, seconds }: TaskLine): string {
  return `[TASK] ${word(company)} ${word(channel)} "${ruleText(rule)}" ${flag(isSuccess)} ${flag(isAnswered)} ${requestSize ?? "-"} ${responseSize ?? "-"} ${seconds.toFixed(3)}`;
}

export function managementText({ action, target, detail, isSuccess, isAnswered, seconds }: ManagementLine): string {
  return `[MGMT] - - "${inner(action)}:${inner(target)}:${inner(detail)}" ${flag(isSuccess)} ${flag(isAnswered)} - - ${seconds.toFixed(3)}`;
}

export function engineText({ level, logger, pid, thread, where, message, stack }: EngineLine): string {
  const said = `[${level}] [${logger}] [${pid}] [${thread}] [${where}] ${message.replace(NEW_LINES, " ")}`;
  return stack === undefined ? said : `${said}\n${stack}`;
}

/** `2017-02-21 15:30:01,123`, as Python writes it. */
export function timeText(atMs: number): string {
  const at = new Date(atMs);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())},${String(at.getMilliseconds()).padStart(3, "0")}`;
}

const NEW_LINES = /[\r\n\u2028\u2029]+/g;
/** What a sender wrote must not begin a line or a field of its own. */
const NOT_IN_A_WORD = /[\s"\u0000-\u001f\u007f]+/g;

function word(text: string): string {
  return text === "" ? "-" : text.replace(NOT_IN_A_WORD, "_");
}

function inner(text: string): string {
  return text.replace(NOT_IN_A_WORD, "_");
}

function flag(is: boolean): string {
  return is ? "True" : "False";
}

/** `test.module:TestClass.callme` as `test.module:TestClass:callme`. */
function ruleText(rule: string): string {
  if (rule === "-") return "-:-:-";
  const [module = "", called = ""] = rule.split(":");
  const dot = called.lastIndexOf(".");
  return inner(`${module}:${dot === -1 ? "-" : called.slice(0, dot)}:${called.slice(dot + 1)}`);
}
