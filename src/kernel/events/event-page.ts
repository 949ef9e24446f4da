// Pages of past events, from the store, or while that is away from what the hub still has. Loaded when somebody asks.
import { jsonMap } from "#base/json.ts";
import type { Store } from "#sdk/store.ts";
import { ESCAPE, globLike } from "../store/like.ts";
import type { AgentEvent, EventHub } from "./event-hub.ts";

export interface EventPageRequest {
  /** With it the oldest come first, else the newest. */
  readonly after?: number | undefined;
  readonly before?: number | undefined;
  /** `pipeline.*`. */
  readonly name?: string | undefined;
  readonly limit: number;
}

export interface EventPage {
  readonly events: readonly AgentEvent[];
  /** There are more in this direction. */
  readonly hasMore: boolean;
  /** false: the store is away, and these are only the last ones. */
  readonly isWhole: boolean;
}

/** Rows of the table as they are written. */
type Row = { readonly id: number; readonly at_ms: number; readonly name: string; readonly data: string };

export async function pageOf(store: Store, agent: string, { after, before, name, limit }: EventPageRequest): Promise<EventPage> {
  const conditions = ["agent = ?", ...(after === undefined ? [] : ["? < id"]), ...(before === undefined ? [] : ["id < ?"]), ...(name === undefined ? [] : [`name LIKE ? ${ESCAPE}`])];
  const params = [agent, ...(after === undefined ? [] : [after]), ...(before === undefined ? [] : [before]), ...(name === undefined ? [] : [globLike(name)])];
  const rows = await store.all<Row>(`SELECT id, at_ms, name, data FROM dure_events WHERE ${conditions.join(" AND ")} ORDER BY id ${after === undefined ? "DESC" : "ASC"} LIMIT ?`, [...params, limit + 1]);
  return { events: rows.slice(0, limit).map(eventOf), hasMore: limit < rows.length, isWhole: true };
}

/** What comes from the store may have been written by another hand. */
function eventOf({ id, at_ms: atMs, name, data }: Row): AgentEvent {
  return { id, atMs, name, data: jsonMap(data) };
}

export function ringPage(hub: EventHub, { after, before = Number.POSITIVE_INFINITY, name, limit }: EventPageRequest): EventPage {
  const isNamed = nameFitting(name);
  const fits = hub.since(after ?? 0).events.filter((event) => event.id < before && isNamed(event));
  const ordered = after === undefined ? fits.reverse() : fits;
  return { events: ordered.slice(0, limit), hasMore: limit < ordered.length, isWhole: false };
}

/** Whether an event's name fits `pipeline.*`; anything fits no pattern. */
export function nameFitting(pattern: string | undefined): (event: AgentEvent) => boolean {
  if (pattern === undefined) return () => true;
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  // Each part where it comes first: as a regular expression, a pattern of a hundred stars would keep the agent busy for years.
  return ({ name }) => {
    if (last === undefined) return name === first;
    if (!name.startsWith(first)) return false;
    let at = first.length;
    for (const part of rest) {
      const found = name.indexOf(part, at);
      if (found === -1) return false;
      at = found + part.length;
    }
    return at <= name.length - last.length && name.endsWith(last);
  };
}
