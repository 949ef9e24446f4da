// Apart from what reads patterns more closely, so that checking a config needs nothing else.

/** A pattern as people write it, `^\d+` or `/^\d+/i`; throws SyntaxError. */
export function readRegExp(text: string): RegExp {
  const literal = /^\/(.*)\/([dgimsuvy]*)$/s.exec(text);
  return new RegExp(literal?.[1] ?? text, (literal?.[2] ?? "").replace(/[dgy]/g, ""));
}
