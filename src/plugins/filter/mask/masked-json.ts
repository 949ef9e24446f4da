// A JSON value masked in its own text: texts and numbers are replaced where they stand, and all else stays as it was written.
import type { TextMasker } from "./text-masker.ts";

const TOKEN = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"(\s*:)?|-?\d[\d.eE+-]*|[[\]{}]/g;

/** `key`: the field that holds the value. The same string when nothing in it was to be masked. */
export function maskedJson(key: string, json: string, masker: TextMasker): string {
  const outer: string[] = [];
  let current = key;
  try {
    return json.replace(TOKEN, (token, colon: string | undefined) => {
      if (token === "{" || token === "[") outer.push(current);
      else if (token === "}" || token === "]") current = outer.pop() ?? key;
      else if (colon !== undefined) current = String(JSON.parse(token.slice(0, -colon.length)));
      else if (token.startsWith('"')) {
        const text = String(JSON.parse(token));
        const masked = masker.value(current, text);
        return masked === text ? token : JSON.stringify(masked);
      } else {
        const masked = masker.number(current, token);
        return masked === undefined ? token : JSON.stringify(masked);
      }
      return token;
    });
  } catch {
    return masker.value(key, json); // No JSON after all: it is emitted as text, and masked as such.
  }
}
