// Joins what a table says to the records of a batch.
import type { Batch } from "#dataplane/batch.ts";
import type { PluginContext } from "#sdk/plugin.ts";
import { withMemory } from "#sdk/with-memory.ts";
import { FieldTexts } from "../parts/field-texts.ts";
import { rewriteFields } from "../parts/rewrite-fields.ts";
import type { Row, Table } from "./table.ts";

export interface JoinSettings {
  readonly field: string;
  /** Columns to add; all but the key's when left out. */
  readonly add?: readonly string[] | undefined;
  readonly keyColumn?: string | undefined;
  readonly prefix: string;
  readonly missing: "keep" | "drop" | "default";
  readonly defaults: Readonly<Record<string, unknown>>;
}

/** Consumes the batch. */
export async function join(batch: Batch, table: Table, settings: JoinSettings, context: PluginContext, signal: AbortSignal): Promise<Batch | undefined> {
  const texts = new FieldTexts(batch, settings.field);
  const isDropping = settings.missing === "drop";
  const staysInPlace = batch.form === "fields";
  const found: (Row | undefined)[] = [];
  let missed = 0;
  // Records of one source have the same few keys.
  const known = new Map<string, Row | undefined>();
  const left = batch.filter((row) => {
    const text = texts.text(row);
    let match: Row | undefined;
    if (text !== undefined) {
      match = known.get(text);
      if (match === undefined && !known.has(text)) known.set(text, (match = table.find(text)));
    }
    if (match === undefined) missed += 1;
    if (match === undefined && isDropping) return false;
    found[staysInPlace ? row : found.length] = match;
    return true;
  });
  if (0 < missed) context.count("lookup_missing_total", missed);
  if (left === undefined) return undefined;
  if (settings.missing !== "default" && missed === found.length) return left;
  // What was left out is gone: from here on it cannot be done once more from the beginning.
  return withMemory(() => joined(left, found, table, settings), { batch: left, clock: context.clock, signal });
}

/** Consumes the batch, unless it throws: then that is as it was. */
function joined(left: Batch, found: readonly (Row | undefined)[], table: Table, settings: JoinSettings): Batch {
  const hasDefaults = settings.missing === "default";
  const keyColumn = settings.keyColumn ?? table.columns[0];
  const columns = settings.add ?? table.columns.filter((name) => name !== keyColumn);
  const names = hasDefaults ? [...new Set([...columns, ...Object.keys(settings.defaults)])] : columns;
  const added = names.map((column) => {
    const index = table.columns.indexOf(column);
    const name = settings.prefix + column;
    const old = left.column(name);
    const value = (row: number): unknown => {
      const match = found[row];
      const given = match === undefined ? (hasDefaults ? settings.defaults[column] : undefined) : match[index];
      return given === undefined ? old.get(row) : given;
    };
    return { name, value };
  });
  const taken = new Set(added.map(({ name }) => name));
  return rewriteFields(left, { nameOf: (name) => (taken.has(name) ? undefined : name), added });
}
