// A step's options as they may be shown: whoever may look at a pipeline need not know its passwords, nor what was kept out of the file.
import type { JsonValue } from "#base/json.ts";
import { schemaAt } from "../option-schema.ts";
import type { OptionSchema } from "../option-schema.ts";
import type { Source } from "./source.ts";
import { written } from "./tree.ts";
import type { ScalarNode, TreeNode } from "./tree.ts";

const HIDDEN = "[hidden]";
/** Shorter values stand in others by chance. */
const TELLING_LENGTH = 4;
const WRITTEN_LENGTH_MAX = 300;

type Path = readonly (string | number)[];

interface Outside {
  readonly path: Path;
  readonly value: string;
  /** `${env:HOST}`, as it stands in the file. */
  readonly written: string;
}

/** `options` are those after the schema, made of `node`. Undefined: all of them may be shown. */
export function shownOptions(options: JsonValue, node: TreeNode, { schema, shorthand }: { readonly schema: OptionSchema; readonly shorthand: string | undefined }, source: Source): JsonValue | undefined {
  const outside = outsideIn(node, node.type === "map" || shorthand === undefined ? [] : [shorthand], source);
  let isHidden = false;
  const hide = (text: string): string => {
    isHidden = true;
    return text;
  };
  const show = (value: JsonValue, path: Path): JsonValue => {
    if (value === null || value === "") return value;
    if (typeof value !== "object" || Object.keys(value).length > 0) {
      if (schemaAt(schema, path)?.["secret"] === true) return hide(HIDDEN);
      // A schema may make a list of a text: what it was made of came from outside all the same.
      const own = outside.find((each) => each.path.length <= path.length && each.path.every((key, at) => key === path[at]));
      if (own !== undefined) return hide(own.written);
    }
    if (typeof value === "string") {
      const whole = outside.find((each) => each.value === value);
      if (whole !== undefined) return hide(whole.written);
      return outside.some((each) => TELLING_LENGTH <= each.value.length && value.includes(each.value)) ? hide(HIDDEN) : value;
    }
    if (typeof value !== "object") return value;
    if (isList(value)) return value.map((item, index) => show(item, [...path, index]));
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, show(item, [...path, key])]));
  };
  const shown = show(options, []);
  return isHidden ? shown : undefined;
}

function outsideIn(node: TreeNode, path: Path, source: Source): Outside[] {
  if (node.type === "map") return node.entries.flatMap(({ key, value }) => outsideIn(value, [...path, key], source));
  if (node.type === "list") return node.items.flatMap((item, index) => outsideIn(item, [...path, index], source));
  return node.isInterpolated ? [{ path, value: String(node.value), written: writtenAs(node, source) }] : [];
}

function writtenAs(node: ScalarNode, source: Source): string {
  const text = written(source, node).replace(/^(["'])(.*)\1$/s, "$2");
  return text.includes("${") && text.length <= WRITTEN_LENGTH_MAX ? text : HIDDEN;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
