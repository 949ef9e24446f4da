import assert from "node:assert/strict";
import { test } from "node:test";
import { HIDDEN, shownMessage } from "./secret-arguments.ts";

test("secret arguments: the message of a running job is shown without them, whether it came as one or as bare arguments", () => {
  assert.equal(shownMessage({ data: '{"access":"canary","region":"kr"}' }, ["access"]), `{"access":"${HIDDEN}","region":"kr"}`);
  assert.equal(shownMessage({ data: "{}", envelope: '{"company_code":"1","op_data":{"access":"canary"}}' }, ["access"]), `{"company_code":"1","op_data":{"access":"${HIDDEN}"}}`);
  assert.equal(shownMessage({ data: '{"a":1}' }, []), '{"a":1}');
});
