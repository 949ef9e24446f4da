import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fieldsOf, filterOf, searchOf } from "./job-query.ts";
import { labelWords } from "./job.ts";

test("job search: fields are told from words", () => {
  assert.deepEqual(fieldsOf('길동 company=1 channel="A B" rule=test.module:callme state=failed,running op'), {
    text: "길동 op",
    labels: { company: "1", channel: "A B" },
    states: ["running", "failed"],
    rule: "test.module:callme",
  });
  assert.deepEqual(fieldsOf("a= =b x"), { text: "a= =b x", labels: {}, states: [] });
});

test("job search: what the address says is what is asked", () => {
  const search = searchOf(new URLSearchParams("q=길동&state=failed,nonsense&rule=a:b&span=1h&from=x"));
  assert.deepEqual(filterOf(search, 3_600_000), { states: ["failed"], rule: "a:b", text: "길동", fromMs: 0 });
  assert.deepEqual(filterOf(searchOf(new URLSearchParams("from=5&to=9&order=oldest")), 1), { fromMs: 5, toMs: 9 });
});

test("job search: jobs are meant, unless notices are asked for, or the notifier is named", () => {
  const asked = (words: string) => filterOf(searchOf(new URLSearchParams(words)), 1);
  assert.deepEqual([asked(""), asked("kind=nonsense")], [{}, {}]);
  assert.deepEqual([asked("kind=notices"), asked("kind=all")], [{ kind: "notices" }, { kind: "all" }]);
  assert.deepEqual(asked("rule=@notifiers:chat"), { kind: "notices", rule: "@notifiers:chat" });
});

test("job search: a label, written as it is shown, is found as that label", () =>
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z가-힣_][a-z0-9_.-]{0,8}$/).filter((name) => name !== "rule" && name !== "state"), fc.string({ minLength: 1 }).filter((value) => value.trim() !== ""), (name, value) => {
      assert.deepEqual({ ...fieldsOf(labelWords({ [name]: value }).join(" ")).labels }, { [name]: value });
    }),
  ));
