// Options against their zod schema: what may be written, what came from outside, and a problem for every finding.
import { parseDocument } from "yaml";
import type { z } from "zod";
import { toError } from "#base/errors.ts";
import type { JsonValue } from "#base/json.ts";
import type { Text } from "#base/lang.ts";
import { optionSchema, propertiesOf } from "../option-schema.ts";
import { spelledValue } from "./interpolate.ts";
import { expectedTypes, IssueReport } from "./option-issues.ts";
import type { Issue, Owner } from "./option-issues.ts";
import type { Problems } from "./problem.ts";
import { isNull, locate, plain, spanOf } from "./tree.ts";
import type { ScalarNode, TreeNode } from "./tree.ts";

/** The options after the schema, or undefined when something is wrong with them, which has been said. */
export async function checkOptions(written: TreeNode, owner: Owner, problems: Problems): Promise<JsonValue | undefined> {
  const node = optionsMap(written, owner, problems);
  if (node === undefined) return undefined;
  let value: unknown;
  let result: z.ZodSafeParseResult<unknown>;
  try {
    value = plain(node);
    result = owner.schema.safeParse(value);
  } catch (error) {
    // Aliases can unfold without end, and a schema in a plugin of the user's own can do anything.
    if (error instanceof RangeError)
      problems.add("DURE016", owner.nameSpan, { text: { en: "aliases unfold into too many values", ko: "별칭이 너무 많은 값으로 펼쳐집니다" } });
    else
      problems.add("DURE205", owner.nameSpan, {
        text: {
          en: `the options of '${owner.name}' cannot be checked: ${toError(error).message}`,
          ko: `'${owner.name}'의 옵션을 검사할 수 없습니다: ${toError(error).message}`,
        },
      });
    return undefined;
  }
  // What came from outside is text, as in a shell; where a number or a yes or no is wanted, it may be one.
  if (!result.success && convertInterpolated(result.error.issues, node, value)) result = owner.schema.safeParse(value);
  if (result.success) return JSON.parse(JSON.stringify(result.data ?? {})) as JsonValue;
  const report = new IssueReport(node, owner, problems);
  // Unknown options first: one that was meant to be a required option explains why that is missing.
  for (const issue of result.error.issues.toSorted((a, b) => Number(b.code === "unrecognized_keys") - Number(a.code === "unrecognized_keys")))
    await report.add(issue, []);
  return undefined;
}

/** The map of options, also when there is none or a bare value stands for one option. */
function optionsMap(node: TreeNode, owner: Owner, problems: Problems): TreeNode | undefined {
  if (node.type === "map") return node;
  if (isNull(node)) return { type: "map", start: owner.nameSpan.end, end: owner.nameSpan.end, entries: [] };
  if (owner.shorthand !== undefined) return { type: "map", start: node.start, end: node.end, entries: [{ key: owner.shorthand, keySpan: node, value: node }] };
  const options = Object.keys(propertiesOf(optionSchema(owner.schema)));
  const help: Text =
    options.length === 0
      ? { en: `${owner.name} has no options`, ko: `${owner.name}에는 옵션이 없습니다` }
      : { en: `write options below it, such as \`${options[0]}: …\``, ko: `아래에 \`${options[0]}: …\`처럼 옵션을 쓰세요` };
  problems.add("DURE201", spanOf(node, owner.nameSpan), {
    text: { en: `'${owner.name}' takes a map of options`, ko: `'${owner.name}'에는 옵션의 맵을 씁니다` },
    help,
  });
  return undefined;
}

/** The map that one word of a pipe string spells: `i.dummy '{"a": 1}'`. */
function spelledMap({ value, isWord, isInterpolated }: ScalarNode): unknown {
  if (typeof value !== "string" || !value.startsWith("{") || isWord !== true || isInterpolated) return undefined;
  const document = parseDocument(value, { prettyErrors: false, logLevel: "silent" });
  return document.errors.length === 0 ? document.toJS({ maxAliasCount: 0 }) : undefined;
}

/** Whether something was converted in `root`. */
function convertInterpolated(issues: readonly Issue[], node: TreeNode, root: unknown): boolean {
  let isConverted = false;
  for (const issue of issues) {
    const found = locate(node, issue.path, node).value;
    if (found?.type !== "scalar" || !(found.isInterpolated || found.isWord === true) || typeof found.value !== "string") continue;
    const expected = expectedTypes(issue);
    const value = expected.includes("record") || expected.includes("object") ? spelledMap(found) : spelledValue(found.value);
    if (value === undefined || (typeof value !== "object" && !expected.includes(typeof value))) continue;
    let holder = root as Record<PropertyKey, unknown>;
    for (const step of issue.path.slice(0, -1)) holder = holder[step] as Record<PropertyKey, unknown>;
    const last = issue.path.at(-1);
    if (last === undefined) continue;
    holder[last] = value;
    isConverted = true;
  }
  return isConverted;
}
