// The options of a pipe string's step as a config's tree, each word at its place in the file.
import type { PipeOption, PipeStep, Piece } from "./pipe-string.ts";
import type { Problems } from "./problem.ts";
import type { Span } from "./source.ts";
import type { MapEntry, ScalarNode, TreeNode } from "./tree.ts";

interface Making {
  place(span: Span): Span;
  scalarOf(piece: Piece): ScalarNode;
  readonly problems: Problems;
}

export function optionsOf({ plugin, bare, options }: PipeStep, shorthand: string | undefined, making: Making): TreeNode {
  const { place, scalarOf, problems } = making;
  if (bare !== undefined && options.length === 0) return scalarOf(bare);
  const span = place(plugin);
  const entries = entriesOf(options, making);
  if (bare !== undefined && shorthand !== undefined && !entries.some(({ key }) => key === shorthand)) entries.unshift({ key: shorthand, keySpan: place(bare), value: scalarOf(bare) });
  else if (bare !== undefined)
    problems.add("DURE121", place(bare), {
      text: { en: `'${plugin.text}' takes no bare argument here`, ko: `'${plugin.text}'에는 여기에 이름 없는 인자를 쓸 수 없습니다` },
      help: { en: "write --name value", ko: "--이름 값 으로 쓰세요" },
    });
  return { type: "map", ...span, entries };
}

/** Options in the order given: repeated ones as a list, those with dots as maps. */
function entriesOf(options: readonly PipeOption[], making: Making): MapEntry[] {
  const groups = new Map<string, PipeOption[]>();
  for (const option of options) {
    const key = option.path[0] ?? "";
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [option]);
    else group.push(option);
  }
  return [...groups].map(([key, group]) => {
    const [first] = group as [PipeOption];
    const keySpan = making.place(first.name);
    const inside = group.filter(({ path }) => 1 < path.length);
    if (0 < inside.length) {
      const entries = entriesOf(
        inside.map(({ key: _, ...option }) => ({ ...option, path: option.path.slice(1) })),
        making,
      );
      return { key, keySpan, value: { type: "map", ...keySpan, entries } };
    }
    const values = group.map((option) => valueOf(option, making));
    const isOne = values.length === 1 && first.isList !== true;
    return { key, keySpan, value: isOne && values[0] !== undefined ? values[0] : { type: "list", ...keySpan, items: values } };
  });
}

function valueOf({ name, key, value }: PipeOption, { place, scalarOf }: Making): TreeNode {
  if (value === undefined) return { type: "scalar", ...place(name), value: true, isQuoted: false, isInterpolated: false };
  const scalar = scalarOf(value);
  return key === undefined ? scalar : { type: "list", start: place(key).start, end: scalar.end, items: [scalarOf(key), scalar] };
}
