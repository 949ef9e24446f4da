// Numbered lines: what was written and what arrived can be compared, whoever carried them.
import assert from "node:assert/strict";
import { appendFileSync, existsSync, readFileSync } from "node:fs";

/** "<number> xxx…", `width` bytes with the newline. */
export function numberedLines(from: number, to: number, width: number): string {
  let text = "";
  for (let number = from; number < to; number += 1) text += `${`${number} `.padEnd(width - 1, "x")}\n`;
  return text;
}

/** Appends lines `from` to `to` (without it) to a file. */
export function appendNumbered(file: string, from: number, to: number, width: number): void {
  appendFileSync(file, numberedLines(from, to, width));
}

export function numbersOf(lines: readonly string[]): number[] {
  return lines.map((line) => Number.parseInt(line, 10));
}

export function numbersIn(file: string): number[] {
  return existsSync(file) ? numbersOf(readFileSync(file, "latin1").split("\n").slice(0, -1)) : [];
}

export function distinctOf(numbers: readonly number[]): number {
  return new Set(numbers).size;
}

/** Numbers that came more than once. */
export function repeatedOf(numbers: readonly number[]): Set<number> {
  const seen = new Set<number>();
  return new Set(numbers.filter((number) => seen.size === seen.add(number).size));
}

export function assertAllArrived(numbers: readonly number[], count: number, where: string): void {
  const seen = new Set(numbers);
  const missing = Array.from({ length: count }, (_, number) => number).filter((number) => !seen.has(number));
  assert.equal(missing.length, 0, `${where}: lost ${missing.length} lines, the first ${missing.slice(0, 5).join(", ")}`);
}
