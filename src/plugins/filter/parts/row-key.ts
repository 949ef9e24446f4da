// What makes two records the same for a filter: the values of some fields, or the whole record.
import { hash } from "node:crypto";
import type { Batch } from "#dataplane/batch.ts";
import { LINE_KEY } from "#dataplane/line-key.ts";
import { FieldTexts, textOf } from "./field-texts.ts";

/** Longer keys are kept as their digest, so that a bound of keys is one of bytes, too. */
const LENGTH_MAX = 64;
/** No key begins so, and no digest. */
const ABSENT = "";

/** The key of each row of one batch; without fields that of all there is in a record. */
export function rowKeys(batch: Batch, fields: readonly string[] | undefined): (row: number) => string {
  if (fields === undefined && batch.form !== "lines") return (row) => keyOf(textOf(batch.record(row)));
  const texts = (fields ?? [LINE_KEY]).map((name) => new FieldTexts(batch, name));
  const [only] = texts;
  if (only !== undefined && texts.length === 1) return (row) => keyOf(only.text(row));
  // With their lengths, so that "a" "bc" and "ab" "c" are two.
  return (row) => keyOf(texts.map((each) => each.text(row)).map((text) => (text === undefined ? "-" : `${text.length}:${text}`)).join(""));
}

function keyOf(text: string | undefined): string {
  if (text === undefined) return ABSENT;
  // The sign keeps a text that happens to be a digest apart from it.
  return text.length <= LENGTH_MAX ? `=${text}` : hash("sha1", text, "base64");
}

/** A key of so many fields, for people. */
export function keyShown(key: string, fields: number): string {
  if (!key.startsWith("=")) return key;
  if (fields === 1) return key.slice(1);
  const values: string[] = [];
  for (let at = 1; at < key.length; ) {
    const colon = key[at] === "-" ? -1 : key.indexOf(":", at);
    const end = colon === -1 ? at + 1 : colon + 1 + Number(key.slice(at, colon));
    values.push(colon === -1 ? "-" : key.slice(colon + 1, end));
    at = end;
  }
  return values.join(", ");
}
