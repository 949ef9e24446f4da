// From YAML nodes to our tree: aliases and merge keys resolved, depth bounded, every node with its place.
import { isAlias, isMap, isScalar, isSeq } from "yaml";
import type { Document, Node, Pair, Scalar } from "yaml";
import type { Text } from "#base/lang.ts";
import type { Problems } from "./problem.ts";
import type { Source, Span } from "./source.ts";
import { DEPTH_MAX, written } from "./tree.ts";
import type { MapEntry, ScalarNode, TreeNode } from "./tree.ts";

/** One document's nodes; anchors count from where they stand, as YAML says. */
export class TreeBuilder {
  readonly #source: Source;
  readonly #problems: Problems;
  readonly #isWellFormed: boolean;
  readonly #anchors = new Map<string, TreeNode | "open">();

  /** `isWellFormed`: YAML itself found nothing wrong, so what looks odd is worth saying. */
  constructor(source: Source, problems: Problems, isWellFormed: boolean) {
    this.#source = source;
    this.#problems = problems;
    this.#isWellFormed = isWellFormed;
  }

  build(document: Document): TreeNode | undefined {
    return document.contents === null || document.contents === undefined ? undefined : this.#node(document.contents, 0);
  }

  #node(node: unknown, depth: number): TreeNode {
    if (isAlias(node)) return this.#alias(node.source, spanOfYaml(node));
    const span = spanOfYaml(node);
    if (DEPTH_MAX < depth) {
      this.#problems.add("DURE016", span, {
        text: { en: `values are nested more than ${DEPTH_MAX} deep`, ko: `값이 ${DEPTH_MAX}단계보다 깊이 겹쳐 있습니다` },
      });
      return emptyScalar(span);
    }
    const anchor = isMap(node) || isSeq(node) || isScalar(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.#anchors.set(anchor, "open");
    const built = this.#built(node, span, depth);
    if (anchor !== undefined) this.#anchors.set(anchor, built);
    return built;
  }

  #built(node: unknown, span: Span, depth: number): TreeNode {
    if (isMap(node)) return { type: "map", ...span, entries: this.#entries(node.items, depth) };
    if (isSeq(node)) return { type: "list", ...span, items: node.items.map((item) => this.#node(item, depth + 1)) };
    return isScalar(node) ? this.#scalar(node, span) : emptyScalar(span);
  }

  #scalar(node: Scalar, span: Span): ScalarNode {
    const { value } = node;
    const isPlainValue = value === null || typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));
    const isQuoted = node.type !== undefined && node.type !== "PLAIN";
    return { type: "scalar", ...span, value: isPlainValue ? value : written(this.#source, span), isQuoted, isInterpolated: false };
  }

  #entries(pairs: readonly Pair[], depth: number): MapEntry[] {
    const entries: MapEntry[] = [];
    const merged: MapEntry[] = [];
    for (const { key, value } of pairs) {
      const keySpan = spanOfYaml(key);
      const keyNode = key === null || isScalar(key) || isAlias(key) ? this.#node(key, depth + 1) : undefined;
      const tree = value === null || value === undefined ? emptyScalar({ start: keySpan.end, end: keySpan.end }) : this.#node(value, depth + 1);
      if (keyNode?.type !== "scalar") {
        if (this.#isWellFormed) this.#problems.add("DURE010", keySpan, { text: { en: "a key must be plain text", ko: "키는 글자여야 합니다" } });
        continue;
      }
      if (keyNode.value === "<<" && !keyNode.isQuoted) merged.push(...this.#mergedEntries(tree, keySpan));
      else entries.push({ key: keyNode.value === null ? written(this.#source, keySpan) : String(keyNode.value), keySpan, value: tree });
    }
    const own = new Set(entries.map((entry) => entry.key));
    for (const entry of merged) {
      if (own.has(entry.key)) continue;
      own.add(entry.key);
      entries.push(entry);
    }
    return entries;
  }

  /** What `<<: *base` brings in. */
  #mergedEntries(node: TreeNode, keySpan: Span): readonly MapEntry[] {
    if (node.type === "map") return node.entries;
    if (node.type === "list" && node.items.every((item) => item.type === "map")) return node.items.flatMap((item) => item.entries);
    this.#problems.add("DURE010", keySpan, { text: { en: "`<<` takes a map, or a list of maps", ko: "`<<`에는 맵이나 맵의 목록을 씁니다" } });
    return [];
  }

  #alias(name: string, span: Span): TreeNode {
    const target = this.#anchors.get(name);
    if (target !== undefined && target !== "open") return target;
    const text: Text =
      target === "open"
        ? { en: `*${name} stands inside of what it repeats`, ko: `*${name}: 되풀이할 값의 안쪽에 있습니다` }
        : { en: `there is no &${name} before this`, ko: `앞에 &${name} 표시가 없습니다` };
    this.#problems.add("DURE014", span, { text, help: { en: "a text that begins with * must stand in quotes", ko: "*로 시작하는 글자는 따옴표로 감싸세요" } });
    return emptyScalar(span);
  }
}

function spanOfYaml(node: unknown): Span {
  const range = (node as Node | null | undefined)?.range;
  return range === null || range === undefined ? { start: 0, end: 0 } : { start: range[0], end: range[1] };
}

function emptyScalar({ start, end }: Span): ScalarNode {
  return { type: "scalar", start, end, value: null, isQuoted: false, isInterpolated: false };
}
