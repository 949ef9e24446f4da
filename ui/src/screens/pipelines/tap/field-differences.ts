// What a step made of a record, field by field: what it took, added and changed.
export interface FieldDifference {
  /** `client.ip`; "" for a record that is no object. */
  readonly path: readonly (string | number)[];
  readonly kind: "same" | "added" | "removed" | "changed";
  readonly before?: unknown;
  readonly after?: unknown;
}

const DEPTH_MAX = 6;
const FIELDS_MAX = 500;

/** Undefined stands for no record: it was not known, or nothing came out. */
export function fieldDifferences(before: unknown, after: unknown): FieldDifference[] {
  const found: FieldDifference[] = [];
  walk(before, after, [], found);
  return found.slice(0, FIELDS_MAX);
}

function walk(before: unknown, after: unknown, path: readonly (string | number)[], found: FieldDifference[]): void {
  if (FIELDS_MAX <= found.length) return;
  const isDeeper = path.length < DEPTH_MAX && [before, after].every((value) => value === undefined || isObject(value)) && !(before === undefined && after === undefined);
  if (isDeeper && (isObject(before) || isObject(after))) {
    const keys = new Set([...Object.keys(isObject(before) ? before : {}), ...Object.keys(isObject(after) ? after : {})]);
    if (keys.size > 0) {
      for (const key of keys) walk((before as Record<string, unknown> | undefined)?.[key], (after as Record<string, unknown> | undefined)?.[key], [...path, key], found);
      return;
    }
  }
  if (before === undefined && after === undefined) return;
  const kind = before === undefined ? "added" : after === undefined ? "removed" : JSON.stringify(before) === JSON.stringify(after) ? "same" : "changed";
  found.push({ path, kind, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `r.client.ip`, `r["a b"]`: as an expression of a config names it. */
export function expressionPath(path: readonly (string | number)[]): string {
  return path.reduce<string>((text, key) => (typeof key === "string" && /^[A-Za-z_$][\w$]*$/.test(key) ? `${text}.${key}` : `${text}[${JSON.stringify(key)}]`), "r");
}

/** The condition that records with this value at this place fulfil, added to what was asked before. */
export function withCondition(where: string, path: readonly (string | number)[], value: unknown): string {
  const condition = `${expressionPath(path)} === ${JSON.stringify(value)}`;
  if (where.trim() === "") return condition;
  return where.includes(condition) ? where : `${where.trim()} && ${condition}`;
}
