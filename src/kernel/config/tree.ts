// A config as read: maps, lists and scalars that know where they stand. Aliases point to the same node as their anchor.
import type { Source, Span } from "./source.ts";

export interface MapEntry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: TreeNode;
}
export interface MapNode extends Span {
  readonly type: "map";
  readonly entries: MapEntry[];
}
export interface ListNode extends Span {
  readonly type: "list";
  readonly items: TreeNode[];
}
export interface ScalarNode extends Span {
  readonly type: "scalar";
  /** Interpolation writes here. */
  value: string | number | boolean | null;
  readonly isQuoted: boolean;
  /** The value came from outside the file: never show it, and let it be a number where one is wanted. */
  isInterpolated: boolean;
  /** A word of a pipe string, as in a shell: it may be a number where one is wanted. */
  readonly isWord?: boolean;
  /** A reference in it leads nowhere, which has been said: what the value is now means nothing. */
  isUnresolved?: boolean;
}
export type TreeNode = MapNode | ListNode | ScalarNode;

/** What a config can be nested. */
export const DEPTH_MAX = 64;
const VALUES_MAX = 100_000;

export function entryOf(node: MapNode, key: string): MapEntry | undefined {
  return node.entries.find((entry) => entry.key === key);
}

export function isNull(node: TreeNode): boolean {
  return node.type === "scalar" && node.value === null;
}

/** Where to point for a node: a value that is not written ("key:") has no place of its own. */
export function spanOf(node: TreeNode, fallback: Span): Span {
  return node.start < node.end ? node : fallback;
}

/** The node as plain values. Throws RangeError when aliases unfold into too many. */
export function plain(node: TreeNode): unknown {
  let count = 0;
  const unfold = (inner: TreeNode): unknown => {
    count += 1;
    if (VALUES_MAX < count) throw new RangeError("aliases unfold into too many values");
    if (inner.type === "scalar") return inner.value;
    if (inner.type === "list") return inner.items.map(unfold);
    // A map without prototype would print oddly; a key `__proto__` must still be a key.
    const object: Record<string, unknown> = {};
    for (const { key, value } of inner.entries)
      Object.defineProperty(object, key, { value: unfold(value), enumerable: true, configurable: true, writable: true });
    return object;
  };
  return unfold(node);
}

export interface Located {
  /** The value, when it is written. */
  readonly value: TreeNode | undefined;
  /** The key that leads to it, when there is one. */
  readonly keySpan: Span | undefined;
  /** The innermost container or value that is written, if `value` is not. */
  readonly nearest: Span;
}

/** Follows a path of keys and indexes as far as it is written. */
export function locate(root: TreeNode, path: readonly PropertyKey[], rootSpan: Span): Located {
  let value: TreeNode | undefined = root;
  let keySpan: Span | undefined;
  let nearest = rootSpan;
  for (const step of path) {
    if (value?.type === "map") {
      const entry: MapEntry | undefined = entryOf(value, String(step));
      value = entry?.value;
      keySpan = entry?.keySpan;
      nearest = keySpan ?? nearest;
    } else if (value?.type === "list") {
      value = value.items[Number(step)];
      keySpan = undefined;
      if (value !== undefined) nearest = value;
    } else return { value: undefined, keySpan: undefined, nearest };
  }
  return { value, keySpan, nearest };
}

/** What a scalar looks like in the file. */
export function written(source: Source, node: Span): string {
  return source.text.slice(node.start, node.end);
}
