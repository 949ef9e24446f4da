// Text in one form.

/** In Unicode's composed form (NFC). ASCII is that already; then the system's tables, some megabytes, stay out of memory. */
export function composed(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return /^[\x00-\x7f]*$/.test(text) ? text : text.normalize("NFC");
}
