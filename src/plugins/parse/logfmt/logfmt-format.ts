// `level=info msg="it is \"up\"" cached`: pairs apart by white space, values in quotes with JSON's escapes, a word alone is true.
import type { Found } from "../parts/found.ts";
import { closingQuote, unquoted } from "../parts/quotes.ts";
import type { TextFormat } from "../parts/text-parser.ts";

const QUOTE = 34;
const SPACE = 32;
const TAB = 9;

export const logfmtFormat: TextFormat = { parse };

function parse(text: string, found: Found): boolean {
  // None of the three is looked for again before it is passed, or a long line would be read over and over. Whether there are tabs
  // at all may not be asked once and kept, either: the optimizing compiler moves that question into the loop.
  let space = text.indexOf(" ");
  let tab = text.indexOf("\t");
  let equals = text.indexOf("=");
  // Words without one pair are a sentence, not logfmt.
  if (equals === -1) return false;
  let end = -1;
  for (let at = 0; at < text.length; at = end + 1) {
    const first = text.charCodeAt(at);
    if (first === SPACE || first === TAB) {
      end = at;
      continue;
    }
    if (equals !== -1 && equals < at) equals = text.indexOf("=", at);
    if (space !== -1 && space < at) space = text.indexOf(" ", at);
    if (tab !== -1 && tab < at) tab = text.indexOf("\t", at);
    end = space === -1 ? text.length : space;
    if (tab !== -1 && tab < end) end = tab;
    const isBare = equals === -1 || end < equals;
    const nameEnd = isBare ? end : equals;
    if (nameEnd === at || first === QUOTE) return false;
    const name = found.nameIn(text, at, nameEnd);
    if (isBare) found.add(name, true);
    else if (text.charCodeAt(equals + 1) === QUOTE) {
      const close = closingQuote(text, equals + 2, '"');
      if (close === -1) return false;
      end = close + 1;
      if (end < text.length && text.charCodeAt(end) !== SPACE && text.charCodeAt(end) !== TAB) return false;
      found.add(name, unquoted(text, equals + 2, close));
    } else found.add(name, text.slice(equals + 1, end));
  }
  return true;
}
