import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonValue } from "#base/json.ts";
import type { StepPlan } from "./plan.ts";
import { stepChanges } from "./step-changes.ts";

/** `plugin {options}` each, numbered as a config numbers them. */
function steps(...texts: readonly string[]): StepPlan[] {
  return texts.map((text, index) => {
    const [plugin = "", options = "{}"] = text.split(/ (?=\{)/);
    return { type: "plugin", id: String(index + 1), plugin, options: JSON.parse(options) as JsonValue, place: { file: text, line: index, column: Math.random() } };
  });
}

function told(before: readonly StepPlan[], after: readonly StepPlan[]): string[] {
  return stepChanges("web", before, after).map(({ step, is, options = [], isCodeNew }) => [is, step, ...options, ...(isCodeNew === true ? ["code"] : [])].join(" "));
}

test("a plan names the steps that change, by the options that differ and by nothing they hold", () => {
  const base = ["in.Stdin", 'parse.Regex {"pattern":"a"}', 'out.Http {"url":"x","token":"secret"}'] as const;
  const cases: readonly (readonly [what: readonly string[], expected: readonly string[]])[] = [
    [base, []],
    [[base[0], 'parse.Regex {"pattern":"b","flags":"i"}', base[2]], ["changed 2:parse.Regex pattern flags"]],
    [[base[0], base[1], 'out.Http {"url":"x","token":"other"}'], ["changed 3:out.Http token"]],
    [[base[0], base[1], "filter.Grep", base[2]], ["added 3:filter.Grep"]],
    [[base[0], base[2]], ["removed 2:parse.Regex"]],
    [[base[0], "parse.Json", base[2]], ["removed 2:parse.Regex", "added 2:parse.Json"]],
    [["in.Tcp", base[1], "out.Null"], ["removed 1:in.Stdin", "added 1:in.Tcp", "removed 3:out.Http", "added 3:out.Null"]],
  ];
  for (const [after, expected] of cases) assert.deepEqual(told(steps(...base), steps(...after)), expected);
});

test("a step whose code alone is new is changed, and a route that stands elsewhere with the same branches is not", () => {
  const [plugin] = steps("parse.Mine");
  assert(plugin?.type === "plugin");
  assert.deepEqual(told([{ ...plugin, code: "1" }], [{ ...plugin, code: "2" }]), ["changed 1:parse.Mine code"]);
  const route = (id: string, name: string): StepPlan => ({ type: "route", id, branches: [{ isContinued: false, steps: steps(name) }], place: { file: id, line: 1, column: 1 } });
  assert.deepEqual(told([route("1", "out.Null")], [...steps("filter.Grep"), route("2", "out.Null")]), ["added 1:filter.Grep"]);
  assert.deepEqual(told([route("1", "out.Null")], [route("1", "out.Stdout")]), ["changed 1:route"]);
});
