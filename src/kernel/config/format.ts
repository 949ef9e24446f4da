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
  try {
    const documents = documentsOf(source);
    if (documents === undefined) return { refused: "not YAML" };
    change?.(documents);
    const written = documents.map((document, index) => textOf(document, index)).join("");
    // An editor on Windows that wrote these line ends wants them back.
    const isSame = isDeepStrictEqual(commentsOf(source), commentsOf(written)) && (change !== undefined || isDeepStrictEqual(valuesOf(source), valuesOf(written)));
    if (!isSame) return { refused: "would change" };
    return { text: `${hasMark ? "\uFEFF" : ""}${text.includes("\r\n") ? written.replaceAll("\n", "\r\n") : written}` };
  } catch (error) {
    if (error instanceof RangeError || error instanceof ReferenceError) return { refused: "would change" }; // Nested too deep, or aliases without end.
    throw error;
  }
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
