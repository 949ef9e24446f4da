// Words in a text: which parts of it are marked, whatever their case and however their letters are composed. Plain substrings, as the agent's own
// search: Korean words carry their particles, so that a search by whole words would find half of them.

export interface Part {
  readonly text: string;
  readonly isFound: boolean;
}

/** Words, or what a regular expression describes. */
export type Wanted = string | RegExp;

/** As the agent reads it; what the agent would refuse marks nothing. */
export function wantedOf(text: string, isRegex: boolean): Wanted {
  if (!isRegex || text === "") return text;
  try {
    return new RegExp(/^\/(.*)\/[a-z]*$/s.exec(text)?.[1] ?? text, "gim");
  } catch {
    return "";
  }
}

export function isFoundIn(text: string, wanted: Wanted): boolean {
  if (wanted instanceof RegExp) return text.search(wanted) !== -1;
  return wanted !== "" && folded(text).includes(folded(wanted));
}

export function partsOf(text: string, wanted: Wanted): readonly Part[] {
  if (wanted instanceof RegExp) return partsBetween(text, Array.from(text.matchAll(wanted), (match) => [match.index, match.index + match[0].length] as const));
  const words = folded(wanted);
  const where = folded(text);
  // Folding may make a text longer (İ); then places in one are not places in the other, and nothing is marked.
  if (words === "" || where.length !== text.length) return [{ text, isFound: false }];
  const found: (readonly [number, number])[] = [];
  for (let at = where.indexOf(words); at !== -1; at = where.indexOf(words, at + words.length)) found.push([at, at + words.length]);
  return partsBetween(text, found);
}

function partsBetween(text: string, found: readonly (readonly [from: number, to: number])[]): readonly Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const [from, to] of found) {
    if (from === to) continue; // A regular expression may fit nothing at all.
    if (end < from) parts.push({ text: text.slice(end, from), isFound: false });
    parts.push({ text: text.slice(from, to), isFound: true });
    end = to;
  }
  if (end < text.length || parts.length === 0) parts.push({ text: text.slice(end), isFound: false });
  return parts;
}

function folded(text: string): string {
  return text.toLowerCase();
}
