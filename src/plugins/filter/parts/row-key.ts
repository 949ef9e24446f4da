// What makes two records the same for a filter: the values of some fields, or the whole record.
import { hash } from "node:crypto";
import type { Batch } from "#dataplane/batch.ts";
import { LINE_KEY } from "#dataplane/line-key.ts";
import { FieldTexts, textOf } from "./field-texts.ts";

/** Longer keys are kept as their digest, so that a bound of keys is one of bytes, too. */
const LENGTH_MAX = 64;
const ABSENT = "\u0000";

/** The key of each row of one batch; without fields that of all there is in a record. */
export function rowKeys(batch: Batch, fields: readonly string[] | undefined): (row: number) => string {
  if (fields === undefined && batch.form !== "lines") return (row) => short(textOf(batch.record(row)) ?? "");
  const texts = (fields ?? [LINE_KEY]).map((name) => new FieldTexts(batch, name));
  const [only] = texts;
  if (only !== undefined && texts.length === 1) return (row) => short(only.text(row) ?? ABSENT);
  // With their lengths, so that "a" "bc" and "ab" "c" are two.
  return (row) => short(texts.map((each) => each.text(row) ?? ABSENT).map((text) => `${text.length}:${text}`).join(""));
}

function short(key: string): string {
  return key.length <= LENGTH_MAX ? key : hash("sha1", key, "base64");
}
