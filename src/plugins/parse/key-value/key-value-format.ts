// Pairs with separators of the user's own. A piece without a key is a flag: iptables writes `PROTO=TCP SYN URGP=0`.
import { closingQuote, unquoted } from "../parts/quotes.ts";
import type { TextFormat } from "../parts/text-parser.ts";

export interface KeyValueSettings {
  readonly pair_separator: string;
  readonly key_separator: string;
  readonly trim: boolean;
  /** "" for none. */
  readonly quote: string;
}

export function keyValueFormat({ pair_separator: pairSeparator, key_separator: keySeparator, trim: isTrimming, quote }: KeyValueSettings): TextFormat {
  const quoteCode = quote === "" ? -1 : quote.charCodeAt(0);
  return {
    parse(text, found) {
      let key = text.indexOf(keySeparator);
      if (key === -1) return false;
      for (let at = 0, end = 0; at < text.length; at = end + pairSeparator.length) {
        end = text.indexOf(pairSeparator, at);
        if (end === -1) end = text.length;
        if (end === at) continue;
        // Not looked for again before it is passed, or a long line would be read over and over.
        if (key !== -1 && key < at) key = text.indexOf(keySeparator, at);
        const isFlag = key === -1 || end < key;
        const [nameStart, nameEnd] = isTrimming ? trimmed(text, at, isFlag ? end : key) : [at, isFlag ? end : key];
        if (nameStart === nameEnd) {
          if (isFlag) continue; // White space between two separators.
          return false;
        }
        const name = found.nameIn(text, nameStart, nameEnd);
        if (isFlag) {
          found.add(name, true);
          continue;
        }
        let start = key + keySeparator.length;
        if (isTrimming) while (start < end && isSpace(text.charCodeAt(start))) start += 1;
        if (text.charCodeAt(start) === quoteCode) {
          const close = closingQuote(text, start + 1, quote);
          if (close === -1) return false;
          end = text.indexOf(pairSeparator, close + 1);
          if (end === -1) end = text.length;
          // What stands behind the quote belongs to nothing.
          if (end !== close + 1 && text.slice(close + 1, end).trim() !== "") return false;
          found.add(name, unquoted(text, start + 1, close));
        } else {
          const [from, to] = isTrimming ? trimmed(text, start, end) : [start, Math.max(start, end)];
          found.add(name, text.slice(from, to));
        }
      }
      return 0 < found.count;
    },
  };
}

function trimmed(text: string, from: number, to: number): readonly [number, number] {
  let start = from;
  let end = to;
  while (start < end && isSpace(text.charCodeAt(start))) start += 1;
  while (start < end && isSpace(text.charCodeAt(end - 1))) end -= 1;
  return [start, end];
}

function isSpace(code: number): boolean {
  return code === 32 || code === 9;
}
