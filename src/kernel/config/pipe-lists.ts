// Lists in one word of a pipe string, for options that take a list of texts: `filter.Keep name,age`, `filter.Drop '[name, "a b"]'`.
import { parseDocument } from "yaml";
import type { Plugin } from "#sdk/plugin.ts";
import type { OptionSchema } from "../option-schema.ts";
import { knownOptions } from "./pipe-names.ts";
import type { PipeOption, PipeStep, Piece } from "./pipe-string.ts";

/** Names, globs and paths with commas between them, and no quotes. A pattern may hold a comma of its own; it looks otherwise. */
const WITH_COMMAS = /^[\p{L}\p{N}_.*@/~-]+(?:,[\p{L}\p{N}_.*@/~-]+)+$/u;

export function withLists(step: PipeStep, plugin: Plugin | undefined): PipeStep {
  const known = knownOptions(plugin);
  const read = (name: string, piece: Piece) => (Object.hasOwn(known, name) ? itemsOf(piece, known[name]) : undefined);
  const options = step.options.flatMap((option) => {
    const { path, value, key } = option;
    const items = value !== undefined && key === undefined && path.length === 1 ? read(path[0] ?? "", value) : undefined;
    return items?.map((item): PipeOption => ({ ...option, value: item, isList: true })) ?? [option];
  });
  const { bare } = step;
  const shorthand = plugin?.shorthand;
  const items = bare === undefined || shorthand === undefined || options.some(({ path }) => path[0] === shorthand) ? undefined : read(shorthand, bare);
  if (bare === undefined || shorthand === undefined || items === undefined) return { ...step, options };
  return { ...step, bare: undefined, options: [...items.map((value): PipeOption => ({ path: [shorthand], name: bare, value, isList: true })), ...options] };
}

/** undefined: no list is wanted, or the word is one text that will do. */
function itemsOf(piece: Piece, schema: OptionSchema | undefined): Piece[] | undefined {
  const branches = schema === undefined ? [] : [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].filter(({ type }) => type !== undefined);
  if (!branches.some(({ type, items }) => type === "array" && items?.type === "string")) return undefined;
  const texts = /^\[.*\]$/s.test(piece.text) ? spelledList(piece.text) : !piece.isQuoted && WITH_COMMAS.test(piece.text) ? piece.text.split(",") : undefined;
  if (texts !== undefined) return texts.map((text) => ({ ...piece, text, isQuoted: true }));
  return branches.every(({ type }) => type === "array") ? [piece] : undefined;
}

function spelledList(text: string): string[] | undefined {
  const document = parseDocument(text, { prettyErrors: false, logLevel: "silent" });
  const items: unknown = document.errors.length === 0 ? document.toJS({ maxAliasCount: 0 }) : undefined;
  return Array.isArray(items) && items.every((item) => typeof item !== "object") ? items.map(String) : undefined;
}
