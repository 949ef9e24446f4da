// Fields of a log line on their way to another thread.

/** Errors lose their code when they are cloned; the log wants the text and the cause. */
export function plainFields(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? { message: value.message, code: "code" in value ? value.code : undefined, hint: "hint" in value ? value.hint : undefined, cause: value.cause instanceof Error ? value.cause.message : undefined } : value]));
}
