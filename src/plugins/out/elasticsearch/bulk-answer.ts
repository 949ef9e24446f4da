// What a bulk answer says of each record. It comes from outside: whatever does not look like one is an error that is tried again.
import { HttpError } from "../parts/http-error.ts";

export interface BulkItem {
  readonly outcome: "written" | "again" | "refused";
  readonly status: number;
  /** Type and reason, as the server put them, cut. */
  readonly reason: string;
}

const REASON_CHARACTERS_MAX = 200;
/** Of a create: already there, by an earlier attempt whose answer was lost. Of others: written by somebody else just now. */
const CONFLICT = 409;
/** No time now, or nothing that the record could help: no right, a blocked index, an index that has to be made. */
const AGAIN = new Set([401, 403, 404, 408, CONFLICT, 425, 429]);

/** One item for each of the `rows` records. Throws HttpError. */
export function readBulkAnswer(text: string, rows: number): BulkItem[] {
  const answer = parsed(text);
  const items: unknown = answer?.["items"];
  if (!Array.isArray(items) || items.length !== rows) throw new HttpError("garbage", `the answer to a bulk request of ${rows} records does not say what became of each`, { hint: "Check whether the address is that of an Elasticsearch or OpenSearch server." });
  return items.map(itemOf);
}

function itemOf(item: unknown): BulkItem {
  const [op, result] = isObject(item) ? (Object.entries(item)[0] ?? []) : [];
  const status = isObject(result) && typeof result["status"] === "number" ? result["status"] : 0;
  if ((200 <= status && status < 300) || (status === CONFLICT && op === "create")) return { outcome: "written", status, reason: "" };
  const error = isObject(result) ? result["error"] : undefined;
  const said = isObject(error) ? `${words(error["type"])}: ${words(error["reason"])}` : typeof error === "string" ? error : "";
  const isFinal = 400 <= status && status < 500 && !AGAIN.has(status);
  return { outcome: isFinal ? "refused" : "again", status, reason: `${status} ${said}`.slice(0, REASON_CHARACTERS_MAX) };
}

function words(value: unknown): string {
  return typeof value === "string" ? value : "?";
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
