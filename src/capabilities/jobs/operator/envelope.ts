// A message of the old operator, opened, and the reply to it: the request's own text with four fields replaced, so that whatever else was sent comes back as it was,
// key by key and digit by digit. A request in ASCII is answered in ASCII.
import { jsonFaultAt } from "#base/json-fault.ts";
import { DEPTH_MAX, membersOf } from "./json-members.ts";
import type { Member } from "./json-members.ts";
import { asciiJson, hasOnlyAscii, messageText } from "./message-text.ts";

/** A message of either kind, opened. */
export type Envelope =
  | {
      readonly is: "readable";
      /** One line of JSON; in ASCII when it came as CP949. */
      readonly text: string;
      /** The same in Unicode. */
      readonly plain: string;
      readonly isCp949: boolean;
      readonly value: Readonly<Record<string, unknown>>;
      readonly members: readonly Member[];
      /** Not text: "" */
      readonly direction: string | undefined;
      readonly location: string | undefined;
    }
  | { readonly is: "unreadable"; readonly why: string };

export function readEnvelope(body: Buffer): Envelope {
  const read = messageText(body);
  if (read === undefined) return { is: "unreadable", why: "it is neither UTF-8 nor CP949" };
  let value: unknown;
  try {
    value = JSON.parse(read.text);
  } catch {
    return { is: "unreadable", why: whyNoJson(read.text) };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { is: "unreadable", why: "it is no JSON object" };
  // Within JSON's strings there are no line ends: all of them are space between its parts.
  const plain = NEW_LINE.test(read.text) ? read.text.replace(/[\r\n\t]+/g, " ") : read.text;
  const members = membersOf(plain);
  if (members === undefined) return { is: "unreadable", why: `it is nested deeper than ${DEPTH_MAX}` };
  const fields = value as Readonly<Record<string, unknown>>;
  return { is: "readable", text: read.isCp949 ? asciiJson(plain) : plain, plain, isCp949: read.isCp949, value: fields, members, direction: flagOf(fields, "direction"), location: flagOf(fields, "location") };
}

export interface Reply {
  readonly isSuccess: boolean;
  /** Text, or a JSON object as `info` has it. */
  readonly message: string | object;
  readonly atMs: number;
}

/** Undefined: its sender wants none, or the request is none. */
export function replyTo(envelope: string, { isSuccess, message, atMs }: Reply): string | undefined {
  const members = membersOf(envelope);
  if (members === undefined || !wantsReply(envelope, members)) return undefined;
  const json = JSON.stringify(message);
  // Text that is all ASCII is read in any encoding, and that is what the old operator wrote.
  const msg = hasOnlyAscii(json) || !hasOnlyAscii(envelope) ? json : asciiJson(json);
  const values = { success: isSuccess ? '"1"' : '"2"', msg, time: `"${Math.floor(atMs / 1000)}"`, direction: '"2"' } as const;
  const missing = new Set<string>(REPLIED);
  let text = "{";
  const add = (member: string): string => (text += text.length === 1 ? member : `,${member}`);
  for (const { key, keyAt, to } of members) {
    if (!isRepliedKey(key)) add(envelope.slice(keyAt, to));
    else if (missing.delete(key)) add(`"${key}":${values[key]}`); // The second time it has been said.
  }
  for (const key of REPLIED) if (missing.has(key)) add(`"${key}":${values[key]}`);
  return `${text}}`;
}

/** `reply: "2"`: its sender waits for nothing. */
export function isAnswered(envelope: string | undefined): boolean {
  if (envelope === undefined) return false;
  const members = membersOf(envelope);
  return members !== undefined && wantsReply(envelope, members);
}

/** A flag's text; "" where it is no text, which is none of those that mean something. */
export function flagOf(fields: Readonly<Record<string, unknown>>, key: string): string | undefined {
  if (!Object.hasOwn(fields, key)) return undefined;
  const value = fields[key];
  return typeof value === "string" ? value : "";
}

const REPLIED = ["success", "msg", "time", "direction"] as const;
const NEW_LINE = /[\r\n]/;

function isRepliedKey(key: string): key is (typeof REPLIED)[number] {
  return key === "success" || key === "msg" || key === "time" || key === "direction";
}

function wantsReply(envelope: string, members: readonly Member[]): boolean {
  const member = members.findLast(({ key }) => key === "reply");
  if (member === undefined) return true;
  const value = envelope.slice(member.from, member.to);
  return value !== '"2"' && !(value.includes("\\") && JSON.parse(value) === "2");
}

function whyNoJson(text: string): string {
  const at = jsonFaultAt(text) ?? text.length;
  const before = text.slice(0, at);
  const where = `line ${before.split("\n").length}, column ${at - before.lastIndexOf("\n")}`;
  // The old README's own example is written so.
  if (text[at] === '"' && /[}\]"\deEl]\s*$/.test(before)) return `${where}: a comma is missing before ${text.slice(at, at + 20).replace(/\s+/g, " ")}`;
  return at === text.length ? `${where}: it ends too early` : `${where}: unexpected ${JSON.stringify(text[at])}`;
}
