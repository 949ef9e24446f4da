// The names and short options of the program ours follows, as its last configs write them: `i.counter -n 3`, `o.stdout f.stdout -z UTC`.
// A plugin of ours may also say a short option itself, by `.meta({ flag: "-n" })` in its schema.
import type { Plugin, PluginKind } from "#sdk/plugin.ts";
import { optionSchema, propertiesOf } from "../option-schema.ts";
import type { OptionSchema } from "../option-schema.ts";
import type { Registry } from "../registry.ts";
import type { Flags } from "./pipe-string.ts";

interface OldPlugin {
  readonly name: string;
  /** Short options, and long ones that are called otherwise now. */
  readonly flags: Readonly<Record<string, string>>;
  /** Options that make ours look as the old one did, unless they are written. */
  readonly given?: Readonly<Record<string, string>>;
}

const OLD_PLUGINS: Readonly<Record<string, OldPlugin>> = {
  "i.counter": { name: "in.Counter", flags: { n: "number", f: "field", d: "delay" } },
  "i.dummy": { name: "in.Dummy", flags: { c: "count" } },
  "m.filter": { name: "filter.Grep", flags: { i: "include", x: "exclude" } },
  "m.reform": { name: "filter.Reform", flags: { w: "write", d: "delete" } },
  "o.stdout": { name: "out.Stdout", flags: { z: "time_zone", timezone: "time_zone" }, given: { format: "tsv", time_digits: "6" } },
  "b.memory": {
    name: "buffer.Lines",
    flags: { f: "timeout", flush_interval: "timeout", r: "lines", chunk_max_record: "lines", s: "max_bytes", chunk_max_size: "max_bytes", c: "buffer_max_chunk" },
    given: { lines: "1000", max_bytes: "4m" },
  },
};
const OLD_KINDS: Readonly<Record<string, PluginKind>> = { i: "in", p: "parse", par: "parse", m: "filter", mod: "filter", tr: "filter", b: "buffer", buf: "buffer", o: "out" };

interface Formatter {
  /** What the option `format` of the output becomes. */
  readonly format: string;
  /** The option that a word without a name is for: `f.csv name,age`. */
  readonly bare?: string;
}

/** What an output is given by a formatter behind it: `f.json`. */
export const FORMATTERS: ReadonlyMap<string, Formatter> = new Map<string, Formatter>([
  ["f.stdout", { format: "tsv" }],
  ["f.csv", { format: "csv", bare: "columns" }],
  ["f.tsv", { format: "tsv", bare: "columns" }],
  ["f.json", { format: "json" }],
  ["f.msgpack", { format: "msgpack" }],
]);
/** Short options of formatters, whichever output they stand behind. */
const FORMATTER_FLAGS: Readonly<Record<string, string>> = { c: "columns", z: "time_zone", timezone: "time_zone" };
/** Options that are accepted and have no counterpart. */
export const WITHOUT_EFFECT: ReadonlySet<string> = new Set(["buffer_max_chunk"]);

/** The full name that is meant by one as written; the same when it is none of the old ones. */
export async function presentName(written: string, registry: Registry): Promise<string> {
  const old = OLD_PLUGINS[written.toLowerCase()];
  if (old !== undefined) return old.name;
  const [, prefix = "", short = ""] = /^([a-z]+)\.(.+)$/.exec(written) ?? [];
  const kind = Object.hasOwn(OLD_KINDS, prefix) ? OLD_KINDS[prefix] : undefined;
  if (kind === undefined) return written;
  // The old names are all in lower case.
  return registry.names(kind).find((name) => name.toLowerCase() === `${kind}.${short.toLowerCase()}`) ?? `${kind}.${short}`;
}

/** What a plugin under its old name is given, as far as it has such options. */
export function givenOptions(written: string, plugin: Plugin | undefined): [string, string][] {
  const known = knownOptions(plugin);
  return Object.entries(OLD_PLUGINS[written.toLowerCase()]?.given ?? {}).filter(([option]) => Object.hasOwn(known, option));
}

/** The options by name; none of a plugin whose schema is none, which is said where its options are checked. */
export function knownOptions(plugin: Plugin | undefined): Readonly<Record<string, OptionSchema>> {
  if (plugin === undefined) return {};
  try {
    return propertiesOf(optionSchema(plugin.options));
  } catch {
    return {};
  }
}

/** How options of the formatter behind an output are written on a line. */
export function formatterFlags(fullName: string, plugin: Plugin | undefined): Flags {
  const { names, takes } = flagsOf(fullName, plugin);
  return { names: new Map([...names, ...Object.entries(FORMATTER_FLAGS)]), takes };
}

/** How a plugin's options are written on a line. */
export function flagsOf(fullName: string, plugin: Plugin | undefined): Flags {
  const names = new Map(Object.values(OLD_PLUGINS).flatMap(({ name, flags }) => (name === fullName ? Object.entries(flags) : [])));
  const takes = new Map<string, "list" | "pairs" | "map" | "nothing">();
  for (const [option, schema] of Object.entries(knownOptions(plugin))) {
    if (schema.flag !== undefined) names.set(schema.flag.replace(/^-+/, ""), option);
    const kind = takenBy(schema);
    if (kind !== undefined) takes.set(option, kind);
  }
  return { names, takes };
}

function takenBy(schema: OptionSchema): "list" | "pairs" | "map" | "nothing" | undefined {
  const branches = [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].filter(({ type }) => type !== undefined);
  if (branches.some(({ type, items }) => type === "array" && items?.type === "array")) return "pairs";
  if (branches.some(({ type, additionalProperties }) => type === "object" && typeof additionalProperties === "object")) return "map";
  if (branches.length === 0) return undefined;
  if (branches.every(({ type }) => type === "array")) return "list";
  return branches.every(({ type }) => type === "boolean") ? "nothing" : undefined;
}
