// The old operator's task message, read as a job and answered in its own words.
import type { IntakeCodec, Reading } from "#sdk/intake.ts";
import type { Log } from "#sdk/plugin.ts";
import type { NewJob, Outcome } from "#sdk/queue.ts";
import { bytesAbove } from "../text-bytes.ts";
import { flagOf, readEnvelope, replyTo } from "./envelope.ts";
import type { Envelope } from "./envelope.ts";
import type { TaskLine } from "./log-lines.ts";

export interface EnvelopeParts {
  /** Who wants the jobs: `queue:ITSBOX.D.MSG_IN`. */
  readonly from: string;
  readonly dataBytesMax: number;
  readonly now: () => number;
  readonly log: Pick<Log, "warn">;
  /** Of messages that never become a job. */
  readonly access: (line: TaskLine) => void;
}

export function taskCodec(parts: EnvelopeParts): IntakeCodec {
  const { from, dataBytesMax, now, log, access } = parts;
  const said = new Set<string>();
  const warnOnce = (what: string, message: string, fields: Record<string, unknown>): void => {
    if (!said.has(what)) log.warn(message, fields);
    said.add(what);
  };
  return {
    read(body) {
      const startMs = now();
      if (dataBytesMax + ROOM_BYTES < body.length) {
        access({ ...NO_TASK, isAnswered: true, seconds: 0 });
        return { do: "answer", body: tooLargeReply(body.length, dataBytesMax, startMs) };
      }
      const envelope = readEnvelope(body);
      if (envelope.is === "unreadable") {
        access({ ...NO_TASK, seconds: (now() - startMs) / 1000 });
        log.warn("a message that is not JSON was dropped", { from, bytes: body.length, why: envelope.why });
        return DROP;
      }
      if (envelope.isCp949) warnOnce("cp949", "a message came in CP949: it is read, and answered in ASCII", { from, hint: "Send UTF-8." });
      const { direction, location } = envelope;
      if (direction !== undefined && direction !== "1") return FORWARD;
      if (direction !== undefined && location !== undefined && location !== "2") return DROP;
      const read = taskOf(envelope, dataBytesMax);
      if (read.is === "task") {
        if (read.isMisspelled) warnOnce("fuction", "`fuction` is read as `function`", { from, hint: "Write `function` in op_code." });
        return { do: "run", job: { rule: read.rule, data: read.data, envelope: envelope.text, labels: labelsOf(envelope), from } };
      }
      const isAnswered = envelope.value["reply"] !== "2";
      access({ ...accessNames(labelsOf(envelope)), rule: read.rule ?? "-", isSuccess: false, isAnswered, requestSize: read.dataLength, seconds: (now() - startMs) / 1000 });
      return { do: "answer", body: isAnswered ? replyTo(envelope.text, { isSuccess: false, message: read.problem, atMs: now() }) : undefined };
    },
    answer(job, outcome) {
      return job.envelope === undefined ? undefined : replyTo(job.envelope, { isSuccess: outcome.type === "succeeded", message: outcomeText(outcome), atMs: now() });
    },
  };
}

/** As `msg` has it. */
export function outcomeText(outcome: Extract<Outcome, { readonly type: "succeeded" | "failed" | "cancelled" }>): string {
  if (outcome.type === "failed") return outcome.error.message;
  if (outcome.type === "cancelled") return `cancelled by ${outcome.by}`;
  if (outcome.text !== undefined) return outcome.text;
  return outcome.result === "null" ? "" : outcome.result;
}

const DROP: Reading = { do: "drop" };
const FORWARD: Reading = { do: "forward" };
/** Beside the data: all else of an envelope. */
const ROOM_BYTES = 64 << 10;
const NAME_LENGTH_MAX = 200;
const NO_TASK: TaskLine = { company: "-", channel: "-", rule: "-", isSuccess: false, isAnswered: false, seconds: 0 };

type Task =
  | { readonly is: "task"; readonly rule: string; readonly data: string; readonly isMisspelled: boolean }
  | { readonly is: "none"; readonly problem: string; readonly rule?: string; readonly dataLength?: number };

function taskOf({ plain, value, members, direction, location }: Extract<Envelope, { is: "readable" }>, dataBytesMax: number): Task {
  if (direction === undefined) return none("missing key: direction");
  if (location === undefined) return none("missing key: location");
  const code = Object.hasOwn(value, "op_code") ? value["op_code"] : undefined;
  if (code === undefined) return none("missing key: op_code");
  if (typeof code !== "object" || code === null || Array.isArray(code)) return none("op_code must be an object: {module, class, function}");
  const parts = code as Readonly<Record<string, unknown>>;
  const isMisspelled = !Object.hasOwn(parts, "function") && Object.hasOwn(parts, "fuction");
  const names = { module: named(parts, "module"), class: named(parts, "class"), function: named(parts, isMisspelled ? "fuction" : "function") };
  if (names.module === undefined) return none("missing key: module (in op_code)");
  if (names.function === undefined) return none("missing key: function (in op_code)");
  for (const [key, name] of Object.entries(names)) if (name === "" || (name !== undefined && !isName(key, name))) return none(`op_code: ${key} is not a name`);
  const rule = `${names.module}:${names.class === undefined ? "" : `${names.class}.`}${names.function}`;
  const member = members.findLast(({ key }) => key === "op_data");
  if (member === undefined) return { ...none("missing key: op_data"), rule };
  const data = plain.slice(member.from, member.to);
  const bytes = bytesAbove(dataBytesMax, data);
  if (bytes !== undefined) return { ...none(`op_data has ${bytes} bytes, more than the ${dataBytesMax} that a job may have`), rule, dataLength: data.length };
  return { is: "task", rule, data, isMisspelled };
}

function none(problem: string): Extract<Task, { is: "none" }> {
  return { is: "none", problem };
}

/** Undefined: there is none, or it is empty as the old one allowed of `class`. "": it is no text. */
function named(parts: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = Object.hasOwn(parts, key) ? parts[key] : undefined;
  if (value === undefined || ((value === null || value === "") && key === "class")) return undefined;
  return typeof value === "string" ? value : "";
}

function isName(key: string, name: string): boolean {
  return name.length <= NAME_LENGTH_MAX && (key === "module" ? !/[:/\\\s]/.test(name) : !/[.:/\\\s]/.test(name));
}

function labelsOf({ value }: Extract<Envelope, { is: "readable" }>): NonNullable<NewJob["labels"]> {
  const company = flagOf(value, "company_code") ?? "";
  const channel = flagOf(value, "client_channel_id") ?? "";
  return { ...(company === "" ? {} : { company: company.slice(0, NAME_LENGTH_MAX) }), ...(channel === "" ? {} : { channel: channel.slice(0, NAME_LENGTH_MAX) }) };
}

function accessNames({ company = "-", channel = "-" }: NonNullable<NewJob["labels"]>): Pick<TaskLine, "company" | "channel"> {
  return { company, channel };
}

/** It is not looked into, so there is nothing to echo. */
function tooLargeReply(bytes: number, max: number, atMs: number): string {
  return JSON.stringify({ success: "2", msg: `the message has ${bytes} bytes, more than the ${max} that a job may have`, time: String(Math.floor(atMs / 1000)), direction: "2" });
}
