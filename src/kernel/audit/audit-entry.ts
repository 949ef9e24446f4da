// One row of the audit as it is hashed and exported: canonical JSON, so that whoever has an export can follow the chain with any SHA-256:
// hash = sha256(hash of the row before, line feed, entry), in hex; before the first row stand 64 zeros.
import { jsonMap } from "#base/json.ts";
import type { JsonValue } from "#base/json.ts";
import { nodeCrypto } from "#base/on-demand.ts";
import type { Caller } from "../access/caller.ts";
import type { AuditedCall } from "../commands/table.ts";

/** What is written down. Who was refused at the door has no role; of what the agent did not live to see the outcome is `unknown`. */
export interface AuditFact extends Omit<AuditedCall, "caller" | "outcome"> {
  readonly outcome: AuditedCall["outcome"] | "unknown";
  readonly caller: Pick<Caller, "name" | "edge" | "address"> & { readonly role?: Caller["role"] };
  /** It stands for so many; this is the last of them. */
  readonly repeated?: Repeated;
}

export interface Repeated {
  readonly times: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

export interface AuditEntry {
  /** The agent's own count: 1, 2, 3, … */
  readonly number: number;
  readonly agent: string;
  readonly atMs: number;
  readonly who: string;
  readonly role?: string;
  readonly edge: string;
  readonly address?: string;
  readonly command: string;
  readonly subject?: string;
  readonly params: JsonValue;
  readonly before?: JsonValue;
  readonly after?: JsonValue;
  readonly outcome: string;
  readonly message?: string;
  /** Of calls that were refused again and again: so many, none of them in another row, from then until then. */
  readonly times?: number;
  readonly firstMs?: number;
  readonly lastMs?: number;
}

export const FIRST_HASH = "0".repeat(64);
const ENTRY_LENGTH_MAX = 64 << 10;
const NAME_LENGTH_MAX = 190;
const SUBJECT_LENGTH_MAX = 250;
const MESSAGE_LENGTH_MAX = 2000;

/** The entry, and its canonical JSON: keys in the order of their code units, no blanks. Of what is too long only its length is kept. */
export function entryOf(fact: AuditFact, place: { readonly agent: string; readonly number: number; readonly atMs: number }): { entry: AuditEntry; text: string } {
  const { caller, command, params, subject, before, after, outcome, message, repeated } = fact;
  const entry: AuditEntry = {
    ...place,
    who: shortened(caller.name, NAME_LENGTH_MAX),
    ...(caller.role === undefined ? {} : { role: caller.role }),
    edge: caller.edge,
    ...(caller.address === undefined ? {} : { address: caller.address }),
    command: shortened(command, 100),
    ...(subject === undefined ? {} : { subject: shortened(subject, SUBJECT_LENGTH_MAX) }),
    params,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    outcome,
    ...(message === undefined ? {} : { message: shortened(message, MESSAGE_LENGTH_MAX) }),
    ...repeated,
  };
  const text = canonicalJson(entry as unknown as JsonValue);
  if (text.length <= ENTRY_LENGTH_MAX) return { entry, text };
  const short: AuditEntry = { ...entry, params: lengthOf(params), ...(before === undefined ? {} : { before: lengthOf(before) }), ...(after === undefined ? {} : { after: lengthOf(after) }) };
  return { entry: short, text: canonicalJson(short as unknown as JsonValue) };
}

/** A fact as it was kept, in JSON. Of what another hand has left in its place is told that there was something. */
export function keptFact(text: string): AuditFact {
  const fact = jsonMap(text);
  const { caller, command, subject, outcome, message } = fact as Partial<AuditFact>;
  const { name, role, edge, address } = (typeof caller === "object" && caller !== null ? caller : {}) as Partial<AuditFact["caller"]>;
  const isFact = [name, edge, command].every((each) => typeof each === "string") && [role, address, subject, outcome, message].every((each) => each === undefined || typeof each === "string");
  return isFact && "params" in fact ? (fact as unknown as AuditFact) : { caller: { name: "unknown", edge: "agent" }, command: "unknown", params: {}, outcome: "unknown" };
}

export function hashAfter(previous: string, entry: string): string {
  return nodeCrypto().hash("sha256", `${previous}\n${entry}`, "hex");
}

function canonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${(value as readonly JsonValue[]).map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field as JsonValue)}`).join(",")}}`;
}

function lengthOf(value: JsonValue): JsonValue {
  const { length } = canonicalJson(value);
  return length <= 1000 ? value : { tooLong: length };
}

/** Well-formed, for half of a character comes back from no store as it went. */
function shortened(text: string, lengthMax: number): string {
  return (text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1)}…`).toWellFormed();
}
