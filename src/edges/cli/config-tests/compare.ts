// Whether what came out is what a test expects, and if not, what is different.
import { isDeepStrictEqual } from "node:util";
import { ChunkMemory } from "#dataplane/memory.ts";
import { batchOfRecords } from "#dataplane/records.ts";
import { say } from "#base/lang.ts";
import type { Expected } from "#kernel/config/tests.ts";
import { readExpression } from "#sdk/expression.ts";
import type { Arrived } from "./stand-ins.ts";

let memory: ChunkMemory | undefined;

/** One text for each thing that is wrong. */
export function differences(expected: readonly Expected[], arrived: readonly Arrived[], { isExact, where }: { readonly isExact: boolean; readonly where: string }): string[] {
  const wrong = expected.flatMap((item, index) => {
    const actual = arrived[index];
    const place = `${where}${index + 1}`;
    if (actual === undefined) return [say({ en: `${place}: expected ${text(item)}, but nothing more came out`, ko: `${place}: ${text(item)} 대신 아무것도 나오지 않았습니다` })];
    const found = typeof item === "string" ? isTrue(item, actual) : fieldDifferences(item, actual, isExact);
    return found.length === 0 ? [] : [`${place}: ${found.join("; ")}\n    ${say({ en: "came out", ko: "나온 것" })}: ${text(actual.record)}`];
  });
  for (const [index, { record }] of arrived.slice(expected.length).entries()) wrong.push(say({ en: `${where}${expected.length + index + 1}: not expected: ${text(record)}`, ko: `${where}${expected.length + index + 1}: 예상하지 않은 레코드: ${text(record)}` }));
  return wrong;
}

function fieldDifferences(expected: Readonly<Record<string, unknown>>, { record, timeMs }: Arrived, isExact: boolean): string[] {
  const actual: Record<string, unknown> = { ...("time" in expected && !("time" in record) ? { time: new Date(timeMs).toISOString() } : {}), ...plain(record) };
  const wrong = Object.entries(expected).flatMap(([field, value]) => {
    if (!(field in actual)) return [say({ en: `\`${field}\` is missing (expected ${text(value)})`, ko: `\`${field}\` 필드가 없습니다 (예상: ${text(value)})` })];
    const is = actual[field];
    if (isDeepStrictEqual(is, value) || (field === "time" && sameInstant(is, value))) return [];
    return [say({ en: `\`${field}\` is ${text(is)}, expected ${text(value)}`, ko: `\`${field}\` 값 ${text(is)}, 예상 ${text(value)}` })];
  });
  const more = isExact ? Object.keys(actual).filter((field) => !(field in expected)) : [];
  return [...wrong, ...more.map((field) => say({ en: `\`${field}\` was not expected`, ko: `\`${field}\` 필드는 예상하지 않았습니다` }))];
}

function isTrue(expression: string, { record }: Arrived): string[] {
  const pool = (memory ??= new ChunkMemory({ bytesMax: 4 << 20 })).pool();
  const batch = batchOfRecords(pool, [{ ...record }], { tag: "test", seconds: 0, nanoseconds: 0 });
  try {
    return readExpression(expression).bind(batch)(0) ? [] : [say({ en: `\`${expression}\` is not true`, ko: `\`${expression}\` 참이 아닙니다` })];
  } catch (error) {
    return [`\`${expression}\`: ${String(error)}`];
  } finally {
    batch.release();
  }
}

function sameInstant(left: unknown, right: unknown): boolean {
  return typeof left === "string" && typeof right === "string" && Date.parse(left) === Date.parse(right);
}

/** As JSON would have it: big numbers are text there, in the config too. */
function plain(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(record, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value))) as Record<string, unknown>;
}

function text(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : JSON.stringify(plain({ value })["value"]);
}
