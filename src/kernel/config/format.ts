// A config's text in one style: two blanks a level, steps as `- name:`, one blank line at most. Comments stay, and so does the meaning:
// what comes out is read again and compared, and a text that would mean something else is not given out.
import { isDeepStrictEqual } from "node:util";
import { Lexer, Scalar, YAMLMap, YAMLSeq, isCollection, isScalar, isSeq, parseAllDocuments, visit } from "yaml";
import type { Document } from "yaml";

/** The text in our style, or why it is left as it is. */
export type Formatted = { readonly text: string } | { readonly refused: "not YAML" | "would change" };

/** A folded text would be wrapped anew at a width; a literal one stays line by line. */
const LOOK = { indent: 2, indentSeq: true, lineWidth: 0, minContentWidth: 0 } as const;

/** `change` may rewrite the documents before they are written; then only the comments are compared here. */
export function formatText(text: string, change?: (documents: readonly Document[]) => void): Formatted {
  const hasMark = text.startsWith("\uFEFF");
  const source = (hasMark ? text.slice(1) : text).replaceAll("\r\n", "\n");
  let written: string | undefined;
  try {
    const first = writtenOnce(source, change);
    if (first === undefined) return { refused: "not YAML" };
    // Some comments come to rest only the second time.
    written = writtenOnce(first);
    if (written === undefined || writtenOnce(written) !== written) return { refused: "would change" };
    if (!isDeepStrictEqual(commentsOf(source), commentsOf(written))) return { refused: "would change" };
    if (change === undefined && !isDeepStrictEqual(valuesOf(source), valuesOf(written))) return { refused: "would change" };
  } catch {
    return { refused: "would change" }; // Nested too deep, aliases that lead nowhere or unfold without end, keys that cannot be written.
  }
  // An editor on Windows that wrote these line ends wants them back.
  return { text: `${hasMark ? "\uFEFF" : ""}${text.includes("\r\n") ? written.replaceAll("\n", "\r\n") : written}` };
}

/** undefined: it is not YAML. */
function writtenOnce(source: string, change?: (documents: readonly Document[]) => void): string | undefined {
  const documents = documentsOf(source);
  if (documents === undefined) return undefined;
  change?.(documents);
  return documents.map(textOf).join("");
}

function documentsOf(source: string): Document[] | undefined {
  const documents = [...parseAllDocuments(source, { logLevel: "silent", prettyErrors: false })];
  if (documents.some(({ errors }) => errors.length > 0)) return undefined;
  for (const document of documents) visit(document, { Map: (_, map) => commentsToTheirKeys(map, source) });
  return documents;
}

/** Where a list stands as deep as its key, a comment behind it, just as deep, is taken for the list's: it is the next key's. */
function commentsToTheirKeys(map: YAMLMap, source: string): void {
  for (const [index, { key, value }] of map.items.entries()) {
    const next = map.items[index + 1]?.key;
    if (!isScalar(key) || !isSeq(value) || !isScalar(next) || typeof value.comment !== "string") continue;
    if (columnOf(key.range?.[0] ?? 0, source) !== columnOf(value.range?.[0] ?? 0, source)) continue;
    next.commentBefore = [value.comment, next.commentBefore].filter((text) => typeof text === "string").join("\n");
    value.comment = null;
  }
}

function columnOf(at: number, source: string): number {
  return at - source.lastIndexOf("\n", at - 1);
}

function textOf(document: Document, index: number): string {
  if (index > 0 && document.directives !== undefined) document.directives.docStart = true;
  visit(document, (_, node) => {
    if (isCollection(node) && node.flow === true) padded(node);
  });
  const text = document.toString(LOOK);
  return text.endsWith("\n") ? text : `${text}\n`;
}

/** `{ a: 1 }` and `[a, b]`: the library pads both or neither. */
function padded(node: unknown): void {
  if (!(node instanceof YAMLMap || node instanceof YAMLSeq)) return;
  const padding = node instanceof YAMLMap ? " " : "";
  const write = node.toString.bind(node) as (context: object | undefined, ...more: unknown[]) => string;
  node.toString = ((context: object | undefined, ...more: unknown[]) => write(context === undefined ? undefined : { ...context, flowCollectionPadding: padding }, ...more)) as typeof node.toString;
}

function commentsOf(source: string): string[] {
  return [...new Lexer().lex(source)]
    .filter((token) => token.startsWith("#"))
    .map((token) => token.trimEnd())
    .sort();
}

/** Everything the documents say, with the types and tags of their scalars. */
function valuesOf(source: string): unknown {
  return documentsOf(source)?.map((document) => {
    const tags: unknown[] = [];
    visit(document, {
      Alias: (_, { source: name }) => void tags.push(`*${name}`),
      Node: (_, node) => void (node instanceof Scalar || isCollection(node) ? tags.push([node.tag, node.anchor]) : undefined),
    });
    return [document.toJS({ maxAliasCount: 10_000 }), tags];
  });
}
