// http://ltsv.org: fields apart by tabs, each a label, a colon and a value that may hold more colons.
import type { Found } from "../parts/found.ts";
import type { TextFormat } from "../parts/text-parser.ts";

export const ltsvFormat: TextFormat = { parse };

function parse(text: string, found: Found): boolean {
  // The next colon and the next tab: neither is looked for again before it is passed, or a long line would be read over and over.
  let colon = text.indexOf(":");
  for (let at = 0, end = 0; at < text.length; at = end + 1) {
    end = text.indexOf("\t", at);
    if (end === -1) end = text.length;
    if (end === at) continue;
    if (colon !== -1 && colon < at) colon = text.indexOf(":", at);
    if (colon <= at || end < colon) return false;
    found.add(found.nameIn(text, at, colon), text.slice(colon + 1, end));
  }
  return 0 < found.count;
}
