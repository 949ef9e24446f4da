// Where in a config the names of processes stand, and what is said of one that is not there.
import { composed } from "#base/text.ts";
import { closest } from "#base/similar.ts";
import { particle } from "./korean.ts";
import type { Problems } from "./problem.ts";
import type { Span } from "./source.ts";
import { locate, spanOf } from "./tree.ts";
import type { TreeNode } from "./tree.ts";

export interface Word {
  readonly name: string;
  readonly span: Span;
}

/** The names that an option holds: one, a list, or the keys of a map. */
export function wordsAt(node: TreeNode, option: string, fallback: Span): Word[] {
  const { value } = locate(node, [option], fallback);
  if (value === undefined) return [];
  const wordOf = (text: unknown, span: Span): Word => ({ name: composed(String(text).trim()), span });
  if (value.type === "map") return value.entries.map(({ key, keySpan }) => wordOf(key, keySpan));
  const items = value.type === "list" ? value.items : [value];
  return items.flatMap((item) => (item.type === "scalar" ? [wordOf(item.value, spanOf(item, fallback))] : []));
}

export function reportUnknown({ name, span }: Word, known: readonly string[], groups: readonly string[], problems: Problems): void {
  const suggestion = closest(name, known);
  const isGroup = groups.includes(name);
  problems.add("DURE330", span, {
    text: isGroup ? { en: `'${name}' is a group; here stands a process`, ko: `'${name}'${particle(name, "은/는")} 그룹입니다. 여기에는 프로세스를 씁니다` } : { en: `there is no process '${name}'`, ko: `'${name}' 프로세스가 없습니다` },
    help: known.length === 0 ? { en: "write it under `processes:`", ko: "`processes:` 아래에 쓰세요" } : { en: `under \`processes:\` there are ${known.slice(0, 20).join(", ")}`, ko: `\`processes:\`에 있는 것: ${known.slice(0, 20).join(", ")}` },
    suggestion: isGroup ? undefined : suggestion,
  });
}
