// Values in quotes, where a backslash protects a quote.

/** Where the quote that ends a text from `from` on stands; -1 when it does not end. */
export function closingQuote(text: string, from: number, quote: string): number {
  let at = text.indexOf(quote, from);
  while (at !== -1 && isProtected(text, from, at)) at = text.indexOf(quote, at + 1);
  return at;
}

/** An odd number of backslashes stands before. */
function isProtected(text: string, from: number, at: number): boolean {
  let backslashes = 0;
  while (from < at - backslashes && text.charCodeAt(at - backslashes - 1) === 92) backslashes += 1;
  return backslashes % 2 === 1;
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" };

/** The text from `from` to `to` without its escapes: JSON's, and a backslash before anything else is left out before quotes and backslashes only. */
export function unquoted(text: string, from: number, to: number): string {
  const inside = text.slice(from, to);
  if (!inside.includes("\\")) return inside;
  return inside.replace(/\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g, (found, code: string | undefined, letter: string | undefined) => {
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    if (letter === undefined) return found;
    return ESCAPES[letter] ?? (/["'`/\\]/.test(letter) ? letter : found);
  });
}
