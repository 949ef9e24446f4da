import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "#sdk/plugin.ts";
import { optionSchema, propertiesOf } from "./option-schema.ts";

test("option schema: a schema that contains itself is shown without what would lead back into it", () => {
  const schema = optionSchema(z.strictObject({ record: z.record(z.string(), z.json()), count: z.int().min(1).default(3) }));
  assert.deepEqual(Object.keys(propertiesOf(schema)), ["record", "count"]);
  assert.ok(!JSON.stringify(schema).includes("$ref"));
  assert.equal(schema.properties?.["record"]?.type, "object");
  assert.equal(schema.properties?.["count"]?.default, 3);
});
