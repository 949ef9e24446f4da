// true keeps a record, false drops it, another record takes its place.
export function filter(record: Record<string, unknown>): boolean | Record<string, unknown> {
  if (record["n"] === undefined) return true;
  return Number(record["n"]) % 2 === 1 ? { ...record, is_odd: true } : false;
}
