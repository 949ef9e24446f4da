// Events out of wevtutil's XML: elements one after the other, without a root. Only what these texts hold is understood: no document types.

export interface WindowsEvent {
  readonly record: Record<string, unknown>;
  readonly recordId: number;
  readonly timeMs: number | undefined;
}

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

const DEPTH_MAX = 32;
const TOKEN = /<!\[CDATA\[([\s\S]*?)\]\]>|<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<(\/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:'[^']*'|"[^"]*"))*)\s*(\/?)>|([^<]+)/g;
const ENTITIES = new Map([["lt", "<"], ["gt", ">"], ["amp", "&"], ["quot", '"'], ["apos", "'"]]);

/** The text of each whole event; one that was cut off at the end is left out. */
export function* eventTexts(xml: string): Generator<string> {
  for (let at = xml.search(/<Event[\s>]/); at !== -1; ) {
    const end = xml.indexOf("</Event>", at);
    if (end === -1) return;
    yield xml.slice(at, end + 8);
    const next = xml.slice(end + 8).search(/<Event[\s>]/);
    at = next === -1 ? -1 : end + 8 + next;
  }
}

/** The number an event has in its log, even of one that is not understood otherwise. */
export function recordIdIn(eventText: string): number | undefined {
  const digits = /<EventRecordID>\s*(\d{1,15})\s*</.exec(eventText)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** undefined: not well formed, or without a record number. */
export function eventFrom(eventText: string): WindowsEvent | undefined {
  const event = elementFrom(eventText);
  const system = child(event, "System");
  const recordId = recordIdIn(eventText);
  if (event === undefined || system === undefined || recordId === undefined) return undefined;
  const value = (name: string): string | undefined => textOf(child(system, name));
  const attribute = (name: string, of: string): string | undefined => nonEmpty(child(system, name)?.attributes[of]);
  const rendering = child(event, "RenderingInfo");
  const rendered = (name: string): string | undefined => textOf(child(rendering, name));
  const timeMs = Date.parse(attribute("TimeCreated", "SystemTime") ?? "");
  const record = {
    channel: value("Channel"),
    provider: attribute("Provider", "Name"),
    event_id: numberFrom(value("EventID")),
    record_id: recordId,
    level: numberFrom(value("Level")),
    level_text: rendered("Level"),
    task: numberFrom(value("Task")),
    task_text: rendered("Task"),
    opcode: numberFrom(value("Opcode")),
    keywords: value("Keywords"),
    computer: value("Computer"),
    user: attribute("Security", "UserID"),
    pid: numberFrom(attribute("Execution", "ProcessID")),
    tid: numberFrom(attribute("Execution", "ThreadID")),
    activity_id: attribute("Correlation", "ActivityID"),
    message: rendered("Message"),
    data: dataOf(child(event, "EventData")),
    user_data: treeOf(child(event, "UserData")),
  };
  return { record: Object.fromEntries(Object.entries(record).filter(([, given]) => given !== undefined)), recordId, timeMs: Number.isNaN(timeMs) ? undefined : timeMs };
}

/** Named values as a map; those without names, as old programs log them, as a list. */
function dataOf(eventData: Element | undefined): Record<string, string> | string[] | undefined {
  const data = eventData?.children.filter(({ name }) => name === "Data" || name === "Binary") ?? [];
  if (data.length === 0) return undefined;
  if (data.every(({ attributes }) => attributes["Name"] === undefined)) return data.map(({ text }) => text);
  return Object.fromEntries(data.map(({ name, attributes, text }, index) => [attributes["Name"] ?? (name === "Binary" ? name : String(index + 1)), text]));
}

/** Elements as maps, their texts as values; of several of one name a list. */
function treeOf(element: Element | undefined): unknown {
  if (element === undefined) return undefined;
  if (element.children.length === 0) return element.text;
  const tree = new Map<string, unknown[]>();
  for (const one of element.children) {
    const same = tree.get(one.name);
    const value = treeOf(one);
    if (same === undefined) tree.set(one.name, [value]);
    else same.push(value);
  }
  return Object.fromEntries([...tree].map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
}

function elementFrom(xml: string): Element | undefined {
  const root: Element = { name: "", attributes: {}, children: [], text: "" };
  const open = [root];
  let at = 0;
  for (const match of xml.matchAll(TOKEN)) {
    if (match.index !== at) return undefined; // A `<` that begins nothing known.
    at += match[0].length;
    const [, raw, closing, name = "", attributes = "", single, text] = match;
    const parent = open.at(-1) ?? root;
    if (raw !== undefined) parent.text += raw;
    else if (text !== undefined) parent.text += unescaped(text);
    else if (closing === "/") {
      if (open.length === 1 || open.pop()?.name !== name) return undefined;
    } else if (name !== "") {
      const element: Element = { name, attributes: attributesOf(attributes), children: [], text: "" };
      parent.children.push(element);
      if (single !== "/") open.push(element);
      if (DEPTH_MAX < open.length) return undefined;
    }
  }
  return at === xml.length && open.length === 1 ? root.children[0] : undefined;
}

function attributesOf(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/([\w:.-]+)\s*=\s*(?:'([^']*)'|"([^"]*)")/g)].map(([, name = "", single, double]) => [name, unescaped(single ?? double ?? "")]));
}

function unescaped(text: string): string {
  return text.replace(/&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(\w+));/g, (whole, hex: string | undefined, decimal: string | undefined, name: string | undefined) => {
    if (name !== undefined) return ENTITIES.get(name) ?? whole;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

function child(element: Element | undefined, name: string): Element | undefined {
  return element?.children.find((one) => one.name === name);
}
function textOf(element: Element | undefined): string | undefined {
  return nonEmpty(element?.text);
}
function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === "" ? undefined : text;
}
function numberFrom(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
