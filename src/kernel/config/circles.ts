// Names that lead to one another in a circle.
import type { Word } from "./process-words.ts";

export interface Step {
  readonly from: string;
  readonly word: Word;
}

/** Each circle once, at the word that closes it. */
export function circlesOf(words: ReadonlyMap<string, readonly Word[]>): Step[][] {
  const circles: Step[][] = [];
  const done = new Set<string>();
  // Without recursion: a chain may be as long as the config.
  for (const start of words.keys()) {
    const path: { readonly name: string; next: number }[] = done.has(start) ? [] : [{ name: start, next: 0 }];
    const onPath = new Set(path.map(({ name }) => name));
    while (path.length > 0) {
      const here = path.at(-1);
      if (here === undefined) break;
      const word = words.get(here.name)?.[here.next];
      here.next += 1;
      if (word === undefined) {
        done.add(here.name);
        onPath.delete(here.name);
        path.pop();
      } else if (onPath.has(word.name)) {
        const from = path.findIndex(({ name }) => name === word.name);
        circles.push(path.slice(from).map(({ name, next }) => ({ from: name, word: words.get(name)?.[next - 1] ?? word })));
      } else if (!done.has(word.name)) {
        path.push({ name: word.name, next: 0 });
        onPath.add(word.name);
      }
    }
  }
  return circles;
}
