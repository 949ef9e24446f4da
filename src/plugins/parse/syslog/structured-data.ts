// RFC 5424's structured data, `[id name="value" …][…]`, as an object of objects. A name that comes twice in an element, as the RFC
// allows, has a list of values.
import { closingQuote } from "../parts/quotes.ts";

type Element = Record<string, string | string[]>;

export class StructuredData {
  elements: Record<string, Element> = {};

  /** Reads from `from` on; returns where it ends, or -1 when it is not well formed. */
  read(text: string, from: number): number {
    const elements: Record<string, Element> = {};
    let at = from;
    while (text[at] === "[") {
      const idEnd = endOfName(text, at + 1);
      if (idEnd === at + 1) return -1;
      const values: Element = {};
      put(elements, text.slice(at + 1, idEnd), values);
      at = idEnd;
      while (text[at] === " ") {
        const nameEnd = endOfName(text, at + 1);
        if (nameEnd === at + 1 || text[nameEnd] !== "=" || text[nameEnd + 1] !== '"') return -1;
        const close = closingQuote(text, nameEnd + 2, '"');
        if (close === -1) return -1;
        const value = text.slice(nameEnd + 2, close);
        add(values, text.slice(at + 1, nameEnd), value.includes("\\") ? value.replace(/\\(["\\\]])/g, "$1") : value);
        at = close + 1;
      }
      if (text[at] !== "]") return -1;
      at += 1;
    }
    this.elements = elements;
    return from < at ? at : -1;
  }
}

function add(values: Element, name: string, value: string): void {
  const had = Object.hasOwn(values, name) ? values[name] : undefined;
  if (had === undefined) put(values, name, value);
  else if (typeof had === "string") put(values, name, [had, value]);
  else had.push(value);
}

/** `__proto__` is a name like any other. */
function put(values: Record<string, unknown>, name: string, value: unknown): void {
  if (name === "__proto__") Object.defineProperty(values, name, { value, writable: true, enumerable: true, configurable: true });
  else values[name] = value;
}

/** Names end at `=`, a space, `]` or `"`. */
function endOfName(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 61 || code === 32 || code === 93 || code === 34) break;
  }
  return at;
}
