// The fields of one line while it is parsed, in two lists that are used again for the next line. Lines of one log have the same
// names at the same places, so a name is first compared with what stood there in the line before, and only then looked up.
import { strKey } from "#dataplane/msgpack.ts";
import { valueOf } from "./kinds.ts";
import type { KindName } from "./kinds.ts";

export interface FieldName {
  readonly text: string;
  /** As MessagePack; undefined of a name that is forgotten with its line. */
  readonly packed: Buffer | undefined;
  readonly kind: KindName;
  /** The last line that had it, and its place there. */
  line: number;
  place: number;
}

/** Names that are data (user ids as keys) must not fill the memory. */
const NAMES_MAX = 10_000;

export class Found {
  /** How many of the names and values are of this line. */
  count = 0;
  readonly names: FieldName[] = [];
  readonly values: unknown[] = [];
  readonly #types: Readonly<Record<string, KindName>>;
  readonly #known = new Map<string, FieldName>();
  /** Names for which there was no room among the known ones; they are forgotten with the line. */
  readonly #passing = new Map<string, FieldName>();
  #line = 0;

  constructor(types: Readonly<Record<string, KindName>>) {
    this.#types = types;
  }

  /** Begins a line. */
  clear(): void {
    this.count = 0;
    this.#line += 1;
    if (0 < this.#passing.size) this.#forgetPassing();
  }

  /** Ends a text that lines are slices of: it is not to outlive its batch. */
  end(): void {
    this.clear();
    this.values.length = 0;
  }

  #forgetPassing(): void {
    this.#passing.clear();
    this.names.length = 0;
  }

  name(text: string): FieldName {
    let name = this.#known.get(text) ?? this.#passing.get(text);
    if (name === undefined) {
      const isKept = this.#known.size < NAMES_MAX;
      const kind = (Object.hasOwn(this.#types, text) ? this.#types[text] : undefined) ?? "string";
      // What is kept is a copy: a slice would keep the whole chunk's text. A line of a hundred thousand names must not wait for that.
      name = { text: isKept ? Buffer.from(text).toString() : text, packed: isKept ? strKey(text) : undefined, kind, line: -1, place: 0 };
      (isKept ? this.#known : this.#passing).set(name.text, name);
    }
    return name;
  }

  /** The name that lies in `text` from `from` to `to`. */
  nameIn(text: string, from: number, to: number): FieldName {
    const last = this.names[this.count];
    if (last !== undefined && last.text.length === to - from && text.startsWith(last.text, from)) return last;
    return this.name(text.slice(from, to));
  }

  /** A name that comes twice in a line has its last value. */
  add(name: FieldName, value: unknown): void {
    const typed = name.kind !== "string" && typeof value === "string" ? valueOf(value, name.kind) : value;
    if (name.line === this.#line) {
      this.values[name.place] = typed;
      return;
    }
    name.line = this.#line;
    name.place = this.count;
    this.names[this.count] = name;
    this.values[this.count] = typed;
    this.count += 1;
  }

  /** Whether this line has the name. */
  has(name: FieldName): boolean {
    return name.line === this.#line;
  }

  /** The fields as an object, without the one at place `without`. */
  record(without: number): Record<string, unknown> {
    const pairs: [string, unknown][] = [];
    for (let place = 0; place < this.count; place += 1) if (place !== without) pairs.push([this.names[place]?.text ?? "", this.values[place]]);
    return Object.fromEntries(pairs);
  }
}
