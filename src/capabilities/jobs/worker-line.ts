// A line that a worker said, as the agent hears it. What a rule gave back stays the text that the rule's own runtime wrote: a number that JavaScript cannot hold is not rounded on its way.
import type { FromWorker } from "./worker-protocol.ts";

/** Its `result` is JSON, as it was written. */
export interface Done {
  readonly type: "done";
  readonly job: number;
  readonly result: string;
  readonly text?: string;
}

export type Heard = Exclude<FromWorker, { readonly type: "done" }> | Done;
/** Of a run; the rest is of its worker. */
export type HeardOfRun = Extract<Heard, { readonly type: "done" | "failed" | "progress" | "mark" | "notice" | "log" }>;

const DONE = '{"type":"done","job":';
const TEXT = ',"text":"';
const RESULT = ',"result":';

/** Throws where it is no JSON, or lacks what is taken for granted of it: a rule that found the line may have written it. */
export function heard(line: string): Heard {
  const done = line.startsWith(DONE) ? doneAsWritten(line) : undefined;
  if (done !== undefined) return done;
  const message = JSON.parse(line) as FromWorker;
  if (!isWhole(message)) throw new TypeError("no message of a worker");
  return message.type === "done" ? { ...message, result: JSON.stringify(message.result ?? null) } : message;
}

function isWhole(message: FromWorker): boolean {
  const said = message as Readonly<Record<string, unknown>>;
  const areTexts = (...names: readonly string[]): boolean => names.every((name) => typeof said[name] === "string");
  const isTextOrMissing = said["text"] === undefined || said["text"] === null || areTexts("text");
  switch (said["type"]) {
    case "loading":
      return areTexts("file");
    case "ready":
      return Array.isArray(said["rules"]) && Array.isArray(said["problems"]);
    case "log":
      return areTexts("text") && LEVELS.includes(said["level"]);
    case "mark":
      return areTexts("name") && isTextOrMissing;
    case "notice":
      return areTexts("notifier", "subject", "text");
    case "failed": {
      const error = said["error"] as Readonly<Record<string, unknown>> | null | undefined;
      return typeof error?.["kind"] === "string" && typeof error["message"] === "string";
    }
    default:
      return areTexts("type") && isTextOrMissing;
  }
}

const LEVELS: readonly unknown[] = ["debug", "info", "warn", "error"];

/** Both runtimes write the result last. Undefined: somebody else wrote this. */
function doneAsWritten(line: string): Done | undefined {
  let at = line.indexOf(",", DONE.length);
  const job = Number(line.slice(DONE.length, at));
  if (at === -1 || !Number.isSafeInteger(job) || !line.endsWith("}")) return undefined;
  let text: string | undefined;
  if (line.startsWith(TEXT, at)) {
    const begin = at + TEXT.length - 1;
    at = endOfString(line, begin);
    text = JSON.parse(line.slice(begin, at)) as string;
  }
  if (!line.startsWith(RESULT, at)) return undefined;
  const result = line.slice(at + RESULT.length, -1);
  JSON.parse(result);
  return { type: "done", job, result, ...(text === undefined ? {} : { text }) };
}

/** Behind its second quote. */
function endOfString(line: string, begin: number): number {
  for (let at = begin + 1; at < line.length; at += 1) {
    if (line[at] === "\\") at += 1;
    else if (line[at] === '"') return at + 1;
  }
  return line.length;
}
