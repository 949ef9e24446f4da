// What a text says a value comes from. A plain name is a field, `${…}` puts fields into a text, all else is an expression.

const FIELD = /^[\p{L}\p{N}_@-]+$/u;

export function isField(text: string): boolean {
  return FIELD.test(text);
}

export function isExpression(text: string): boolean {
  return !isField(text) && (!text.includes("${") || text.includes("`"));
}
