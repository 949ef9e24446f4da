// What people and programs read of a command is there in both languages, whatever edge shows it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { optionSchema, propertiesOf } from "#kernel/option-schema.ts";
import type { OptionSchema } from "#kernel/option-schema.ts";
import { allCommands } from "./all-commands.ts";

const KOREAN = /[가-힣]/;

test("commands: each has a summary, and each of its parameters a description, in both languages", () => {
  const missing: string[] = [];
  for (const { name, summary, params } of allCommands) {
    if (summary.en === "" || !KOREAN.test(summary.ko)) missing.push(`${name}: summary`);
    for (const [path, { description = "", ko = "" }] of fieldsOf(optionSchema(params))) if (description === "" || !KOREAN.test(ko)) missing.push(`${name}: ${path}`);
  }
  assert.deepEqual(missing, []);
});

function fieldsOf(schema: OptionSchema, before = ""): [string, OptionSchema][] {
  const own = Object.entries(propertiesOf(schema)).flatMap(([key, inner]): [string, OptionSchema][] => [[`${before}${key}`, inner], ...fieldsOf(inner, `${before}${key}.`)]);
  return [...own, ...(schema.items === undefined ? [] : fieldsOf(schema.items, before))];
}
