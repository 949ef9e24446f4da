// EventFlow's separators `:` `,` `|`, and what its grammar lacked: a field that begins with a quote and ends with it holds all three, and a backslash
// before one of them takes its meaning away. What was written without quotes means what it meant; a message or a command is the rest of the line as it is.

/** A line that is no command; says what it should have been. */
export class OldGrammarError extends Error {
  override readonly name: string = "OldGrammarError";
  /** Its message is the shape that was expected. */
  readonly isShape: boolean = true;
}

/** Nobody writes more of them in a line; who does only wants our memory. */
const ITEMS_MAX = 10_000;

interface Field {
  readonly text: string;
  readonly isQuoted: boolean;
  /** Where the separator behind it stands, or the end. */
  readonly end: number;
}

/** `a|b:c,d:e` → [[["a", "b"], ["c"]], [["d"], ["e"]]]: items, their fields, and of each field its alternatives. */
export function readItems(text: string): string[][][] {
  const items: string[][][] = [[[]]];
  for (let at = 0, count = 1; ; count += 1) {
    if (ITEMS_MAX < count) throw tooMany();
    const field = fieldAt(text, at, ":,|");
    items.at(-1)?.at(-1)?.push(field.text);
    if (text.length <= field.end) return items.map((item) => item.map((names) => (1 < names.length ? names.filter((name) => name !== "") : names)));
    if (text[field.end] === ",") items.push([[]]);
    if (text[field.end] === ":") items.at(-1)?.push([]);
    at = field.end + 1;
  }
}

/** `etl,load` → ["etl", "load"]. */
export function readNames(text: string): string[] {
  const names: string[] = [];
  for (let at = 0; at <= text.length; ) {
    const field = fieldAt(text, at, ",");
    if (field.text !== "") names.push(field.text);
    if (ITEMS_MAX < names.length) throw tooMany();
    at = field.end + 1;
  }
  return names;
}

/** `kill wait time:20,announcer result api:/a:b`: only the first colon of each is one. */
export function readPairs(text: string): { readonly key: string; readonly value: string }[] {
  const pairs: { key: string; value: string }[] = [];
  for (let at = 0; at < text.length; ) {
    const key = fieldAt(text, at, ":,");
    if (text[key.end] !== ":") throw new OldGrammarError("key:value,...");
    const value = fieldAt(text, key.end + 1, ",");
    pairs.push({ key: key.text, value: value.text });
    if (ITEMS_MAX < pairs.length) throw tooMany();
    at = value.end + 1;
  }
  if (pairs.length === 0) throw new OldGrammarError("key:value,...");
  return pairs;
}

/** So many fields, then the rest of the line: `etl:see http://a,b` → ["etl", "see http://a,b"]. */
export function readWithRest(text: string, fields: number, shape: string): string[] {
  const read: string[] = [];
  let at = 0;
  for (let index = 0; index < fields; index += 1) {
    const field = fieldAt(text, at, ":");
    if (text.length <= field.end || field.text === "") throw new OldGrammarError(shape);
    read.push(field.text);
    at = field.end + 1;
  }
  return [...read, rest(text.slice(at))];
}

export interface OldTask {
  readonly type: string;
  readonly name: string;
  readonly command: string;
  readonly upload?: { readonly fileName: string; readonly base64: string };
}

const TASK_SHAPE = "type:name:command[:file_name:base64],...";

/** `types`: what may stand before a task's name; a comma begins another task only before one of them. */
export function readTasks(text: string, types: ReadonlySet<string>): OldTask[] {
  const tasks: OldTask[] = [];
  for (let at = 0; at < text.length; ) {
    const type = fieldAt(text, at, ":,");
    const name = text[type.end] === ":" ? fieldAt(text, type.end + 1, ":,") : undefined;
    if (name === undefined || type.text === "" || name.text === "" || text[name.end] !== ":") throw new OldGrammarError(TASK_SHAPE);
    const begin = name.end + 1;
    const quoted = quotedAt(text, begin, ":,");
    if (quoted !== undefined) {
      const fileName = text[quoted.end] === ":" ? fieldAt(text, quoted.end + 1, ":,") : undefined;
      const base64 = fileName !== undefined && text[fileName.end] === ":" ? fieldAt(text, fileName.end + 1, ":,") : undefined;
      const last = base64 ?? fileName ?? quoted;
      if (text[last.end] === ":" || (fileName !== undefined && base64 === undefined)) throw new OldGrammarError(TASK_SHAPE);
      tasks.push({ type: type.text, name: name.text, command: quoted.text, ...(fileName === undefined || base64 === undefined ? {} : { upload: { fileName: fileName.text, base64: base64.text } }) });
      at = last.end + 1;
    } else {
      const end = endOfTask(text, begin, types);
      tasks.push({ type: type.text, name: name.text, ...bareCommand(text.slice(begin, end), type.text) });
      at = end + 1;
    }
  }
  if (tasks.length === 0) throw new OldGrammarError(TASK_SHAPE);
  return tasks;
}

/** The first comma behind which another task begins. */
function endOfTask(text: string, begin: number, types: ReadonlySet<string>): number {
  let count = 0;
  for (let comma = text.indexOf(",", begin); comma !== -1; comma = text.indexOf(",", comma + 1)) {
    count += 1;
    if (ITEMS_MAX < count) throw tooMany();
    const next = /^ *([^\s:,|"']{1,200}):[^\s:,|]{1,200}:/.exec(text.slice(comma + 1, comma + 500))?.[1];
    if (next !== undefined && types.has(next)) return comma;
  }
  return text.length;
}

/** A command may hold colons: two more fields are an upload only where they look like one, and the command, or the type, has use for the file. */
function bareCommand(text: string, type: string): Pick<OldTask, "command" | "upload"> {
  const before = text.lastIndexOf(":");
  const at = before < 1 ? text.indexOf(":") === 0 ? -1 : before : text.lastIndexOf(":", before - 1);
  if (before === -1 || at === -1) return { command: text.trim() };
  const [command, fileName, base64] = [text.slice(0, at).trim(), text.slice(at + 1, before).trim(), text.slice(before + 1).trim()];
  const isFile = fileName !== "" && fileName.length <= 255 && !/[\s/\\"'|]/.test(fileName);
  const isUsed = isFile && (type !== "process" || command.split(/[\s"'=;&|<>()]+/).some((word) => word === fileName || word === `./${fileName}`));
  return isUsed && isBase64(base64) ? { command, upload: { fileName, base64 } } : { command: text.trim() };
}

/** Of megabytes, in steps: one expression over all of it would run out of stack. */
function isBase64(text: string): boolean {
  if (text.length === 0 || text.length % 4 !== 0) return false;
  const body = text.replace(/={1,2}$/, "");
  for (let at = 0; at < body.length; at += 65_536) if (/[^A-Za-z0-9+/]/.test(body.slice(at, at + 65_536))) return false;
  return true;
}

function tooMany(): OldGrammarError {
  return new OldGrammarError(`at most ${ITEMS_MAX} in a line; quote what holds \`,\``);
}

function rest(text: string): string {
  const quoted = quotedAt(text, 0, "");
  return quoted === undefined ? text : quoted.text;
}

function fieldAt(text: string, at: number, stops: string): Field {
  return quotedAt(text, at, stops) ?? bareAt(text, at, stops);
}

/** Only where the quote closes right before a separator or the end: `"a b" -x` is a command that begins with a quoted word. */
function quotedAt(text: string, from: number, stops: string): Field | undefined {
  let at = from;
  while (text[at] === " " || text[at] === "\t") at += 1;
  const quote = text[at];
  if (quote !== '"' && quote !== "'") return undefined;
  const parts: string[] = [];
  let begun = at + 1;
  for (at += 1; at < text.length && text[at] !== quote; at += 1) {
    if (quote === "'" || text[at] !== "\\" || (text[at + 1] !== '"' && text[at + 1] !== "\\")) continue;
    parts.push(text.slice(begun, at));
    begun = at + 1;
    at += 1;
  }
  if (text.length <= at) return undefined;
  parts.push(text.slice(begun, at));
  let end = at + 1;
  while (text[end] === " " || text[end] === "\t") end += 1;
  return text.length <= end || stops.includes(text[end] ?? "") ? { text: parts.join(""), isQuoted: true, end } : undefined;
}

function bareAt(text: string, from: number, stops: string): Field {
  const parts: string[] = [];
  let begun = from;
  let at = from;
  for (; at < text.length && !stops.includes(text[at] ?? ""); at += 1) {
    if (text[at] !== "\\" || !":,|\"'\\".includes(text[at + 1] ?? " ")) continue;
    parts.push(text.slice(begun, at));
    begun = at + 1;
    at += 1;
  }
  parts.push(text.slice(begun, Math.min(at, text.length)));
  return { text: parts.join("").trim(), isQuoted: false, end: Math.min(at, text.length) };
}

/** `-t etl,load -s ACT` → { t: ["etl", "load"], s: ["ACT"] }. Values may have blanks: `-k kill wait time`. Words before the first option are under `""`. */
export function readFilters(text: string, options: string): Readonly<Record<string, readonly string[]>> {
  const found: Record<string, string[]> = {};
  let key = "";
  let begun = 0;
  const take = (end: number): void => {
    const names = readNames(text.slice(begun, end));
    if (key !== "" || 0 < names.length) found[key] = [...(found[key] ?? []), ...names];
  };
  for (let at = 0; at < text.length; at += 1) {
    const quoted = (text[at] === '"' || text[at] === "'") && (at === begun || text[at - 1] === "," || text[at - 1] === " ") ? quotedAt(text, at, ",-") : undefined;
    if (quoted !== undefined) at = Math.max(at, quoted.end - 1);
    const option = text[at] === "-" && (at === 0 || text[at - 1] === " ") ? /^-([a-z])(?=\s|$)/.exec(text.slice(at, at + 3))?.[1] : undefined;
    if (option === undefined) continue;
    if (!options.includes(option)) throw new OldGrammarError([...options].map((each) => `[-${each} ...]`).join(" "));
    take(at);
    key = option;
    begun = at + 2;
    at += 1;
  }
  take(text.length);
  return found;
}
