// One small XML document as a record. The parser knows no entities but XML's own five, reads nothing from elsewhere and needs no stack;
// a document type, more depth or more text than is allowed, and whatever is not well formed, make the text none of ours.
import { SaxesParser } from "saxes";
import type { Found } from "../parts/found.ts";
import type { TextFormat } from "../parts/text-parser.ts";

export interface XmlSettings {
  readonly attribute_prefix: string;
  readonly text_key: string;
  readonly root_key?: string | undefined;
  readonly max_depth: number;
  readonly max_size: number;
}

interface Element {
  readonly name: string;
  readonly fields: Map<string, unknown>;
  text: string;
}

export function xmlFormat(found: Found, given: XmlSettings): TextFormat {
  const parser = new SaxesParser({ xmlns: false, position: false });
  const open: Element[] = [];
  let root: Element | undefined;
  let isBroken = false;

  const addText = (text: string): void => {
    const element = open.at(-1);
    if (element !== undefined) element.text += text;
  };
  parser.on("error", () => {
    isBroken = true;
  });
  parser.on("doctype", () => {
    isBroken = true;
  });
  parser.on("text", addText);
  parser.on("cdata", addText);
  parser.on("opentag", ({ name, attributes }) => {
    if (isBroken || given.max_depth <= open.length) {
      isBroken = true;
      return;
    }
    const element: Element = { name, fields: new Map(), text: "" };
    for (const [attribute, value] of Object.entries(attributes)) add(element.fields, given.attribute_prefix + attribute, value);
    open.push(element);
  });
  parser.on("closetag", () => {
    if (isBroken) return;
    const element = open.pop();
    const parent = open.at(-1);
    if (element === undefined) return;
    const text = element.text.trim();
    if (parent === undefined) {
      if (text !== "") add(element.fields, given.text_key, text);
      root = element;
    } else if (element.fields.size === 0) add(parent.fields, element.name, text);
    else {
      if (text !== "") add(element.fields, given.text_key, text);
      add(parent.fields, element.name, Object.fromEntries(element.fields));
    }
  });

  return {
    parse(text) {
      if (text.charCodeAt(0) !== 60 && !/^\s*\ufeff?\s*</.test(text)) return false;
      if (given.max_size < text.length) return false;
      isBroken = false;
      root = undefined;
      open.length = 0;
      parser.write(text).close(); // Closed, it is as new.
      if (isBroken || root === undefined) return false;
      const { name, fields }: Element = root;
      if (given.root_key !== undefined) found.add(found.name(given.root_key), name);
      for (const [field, value] of fields) found.add(found.name(field), value);
      return 0 < found.count;
    },
  };
}

/** What comes again under one name becomes a list. */
function add(fields: Map<string, unknown>, name: string, value: unknown): void {
  const had = fields.get(name);
  if (had === undefined) fields.set(name, value);
  else if (Array.isArray(had)) had.push(value);
  else fields.set(name, [had, value]);
}
