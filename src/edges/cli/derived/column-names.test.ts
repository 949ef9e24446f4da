// What people read above columns is in their language, whatever command answers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setLang } from "#base/lang.ts";
import { propertiesOf, resultSchema } from "#kernel/option-schema.ts";
import type { OptionSchema } from "#kernel/option-schema.ts";
import { allCommands } from "../../all-commands.ts";
import { columnName } from "./column-names.ts";

/** Words that Korean operators read as they are. */
const SAME_IN_KOREAN = /^(?:id|node|openapi)$/;

test("column names: whatever a command of the table answers has a Korean name", () => {
  setLang("ko");
  const english = new Set<string>();
  for (const { name, result } of allCommands) for (const key of keysOf(resultSchema(result))) if (!/[가-힣]/.test(columnName(key)) && !SAME_IN_KOREAN.test(columnName(key).toLowerCase())) english.add(`${name}: ${key}`);
  setLang("en");
  assert.deepEqual([...english], []);
});

function keysOf(schema: OptionSchema): string[] {
  const own = Object.entries(propertiesOf(schema)).flatMap(([key, inner]) => [key, ...keysOf(inner)]);
  return [...own, ...(schema.items === undefined ? [] : keysOf(schema.items)), ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap(keysOf)];
}
