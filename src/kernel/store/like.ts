// Patterns for LIKE that mean what was written. The escape character is not the backslash, which MySQL and SQLite take differently.

/** To stand behind each LIKE whose pattern comes from here. */
export const ESCAPE = "ESCAPE '!'";

/** Anything that has these words in it. */
export function containing(words: string): string {
  return `%${words.replaceAll(/[!%_]/g, "!$&")}%`;
}

/** `pipeline.*`: a star stands for anything. */
export function globLike(pattern: string): string {
  return pattern.replaceAll(/[!%_]/g, "!$&").replaceAll("*", "%");
}
