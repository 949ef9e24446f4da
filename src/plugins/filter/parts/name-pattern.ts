// Names of fields as configs write them: `agent`, or with a `*` that stands for any text: `debug_*`, `*_raw`.

/** What the `*` stands for in a name that fits ("" without one); undefined when the name does not fit. */
export function namePattern(pattern: string): (name: string) => string | undefined {
  const star = pattern.indexOf("*");
  if (star === -1) return (name) => (name === pattern ? "" : undefined);
  const start = pattern.slice(0, star);
  const end = pattern.slice(star + 1);
  return (name) => (start.length + end.length <= name.length && name.startsWith(start) && name.endsWith(end) ? name.slice(start.length, name.length - end.length) : undefined);
}

/** Whether a name fits one of the patterns. */
export function nameSet(patterns: readonly string[]): (name: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !pattern.includes("*")));
  const loose = patterns.filter((pattern) => pattern.includes("*")).map(namePattern);
  return (name) => exact.has(name) || loose.some((fits) => fits(name) !== undefined);
}
