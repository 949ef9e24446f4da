import assert from "node:assert/strict";
import { test } from "node:test";
import { commandOf, hasFuction, isStopAll, isSuccess, subjectOf } from "./message.ts";
import { templates, templateText } from "./templates.ts";

test("message: what it is about is said in a line", () => {
  assert.deepEqual(templates.map((template) => subjectOf(templateText(template, 0))).slice(0, 5), ["test.module:TestClass.callme", "test.module:callme", "test.module:TestClass.callme", "test.module:TestClass.callme", "info worker all"]);
  assert.equal(subjectOf(" nonsense "), "nonsense");
  assert.equal(subjectOf("[1]"), "[1]");
});

test("message: only `stop all` ends all", () => assert.deepEqual(templates.filter((template) => isStopAll(templateText(template, 0))).map(({ id }) => id), ["stop-all"]));

test("message: the old manual's spelling is seen", () => assert.deepEqual(templates.filter((template) => hasFuction(templateText(template, 0))).map(({ id }) => id), ["manual"]));

test("message: all values of a template but the code and its data are texts", () => {
  for (const { message } of templates) for (const [name, value] of Object.entries(message)) if (!["op_code", "op_data"].includes(name)) assert.equal(typeof value, "string", name);
});

test("message: a reply says whether it went well", () => assert.deepEqual(['{"success":"1"}', '{"success":"2"}', "{}", "x"].map(isSuccess), [true, false, undefined, undefined]));

test("message: as a command it is one word of the shell", () => assert.equal(commandOf('{"a": "it\'s"}'), `dure job message --text '{"a":"it'\\''s"}'`));
