// Where the value of a metric or of a label comes from, read once and bound to the columns of each batch.
import type { Batch } from "#dataplane/batch.ts";
import { readExpression } from "#sdk/expression.ts";
import { LABEL_LENGTH_MAX } from "#sdk/metric-family.ts";
import { isExpression, isField } from "./source-kind.ts";

/** Gives a function for the rows of one batch. It throws what an expression throws. */
export type Source = (batch: Batch) => (row: number) => unknown;

const PIECE = /\$\{([^}]+)\}/g;

export function readSource(text: string): Source {
  if (isField(text)) return fieldSource(text);
  return isExpression(text) ? readExpression(text).bind : templateSource(text);
}

function fieldSource(name: string): Source {
  if (name === "tag") return ({ tag }) => () => tag;
  return (batch) => {
    const reader = batch.column(name);
    return (row) => reader.get(row);
  };
}

function templateSource(text: string): Source {
  const pieces: (string | Source)[] = [];
  let end = 0;
  for (const { 0: whole, 1: name = "", index } of text.matchAll(PIECE)) {
    pieces.push(text.slice(end, index), fieldSource(name));
    end = index + whole.length;
  }
  pieces.push(text.slice(end));
  return (batch) => {
    const bound = pieces.map((piece) => (typeof piece === "string" ? piece : piece(batch)));
    return (row) => bound.map((piece) => (typeof piece === "string" ? piece : textOf(piece(row)))).join("");
  };
}

/** A value as that of a label: text that can be told and read back, of bounded length. */
export function labelText(value: unknown): string {
  const text = textOf(value);
  return (text.length <= LABEL_LENGTH_MAX ? text : text.slice(0, LABEL_LENGTH_MAX)).toWellFormed();
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return "";
  if (typeof value !== "object") return String(value);
  return value instanceof Date ? (Number.isNaN(value.getTime()) ? "" : value.toISOString()) : JSON.stringify(value, (_, inner: unknown) => (typeof inner === "bigint" ? String(inner) : inner));
}

/** undefined: there is none. NaN: it is no number. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (value === undefined || value === null) return undefined;
  if (typeof value === "bigint" || typeof value === "boolean") return Number(value);
  if (typeof value !== "string") return Number.NaN;
  const text = value.trim();
  return text === "" ? undefined : Number(text);
}
