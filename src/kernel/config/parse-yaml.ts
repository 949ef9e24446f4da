// Text to tree, with every syntax error at its place. The one slip that makes old configs invalid YAML — a comma behind a
// quoted value at the end of a line — is blanked out in the text first, so that all positions stay what they are.
import { parseAllDocuments } from "yaml";
import type { Document } from "yaml";
import { TreeBuilder } from "./build-tree.ts";
import type { Problems } from "./problem.ts";
import type { Source } from "./source.ts";
import type { TreeNode } from "./tree.ts";
import { reportYamlError } from "./yaml-errors.ts";

/** The documents of the file that hold something. */
export function parseYaml(source: Source, problems: Problems): TreeNode[] {
  const { documents, commas } = parseTolerantly(source.text);
  for (const comma of commas) {
    problems.add(
      "DURE404",
      { start: comma, end: comma + 1 },
      {
        text: { en: "a comma behind a value does not belong in YAML; it is ignored", ko: "값 뒤의 쉼표는 YAML에 쓰지 않습니다. 무시합니다" },
        suggestion: "",
      },
    );
  }
  const roots: TreeNode[] = [];
  for (const document of documents) {
    const errors = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0]);
    let lastLine = 0;
    for (const error of errors) {
      // What follows on the same line is nearly always the same mistake once more.
      const { line } = source.place(error.pos[0]);
      if (line !== lastLine || error.code === "DUPLICATE_KEY") reportYamlError(error, document, source, problems);
      lastLine = line;
    }
    const root = new TreeBuilder(source, problems, errors.length === 0).build(document);
    if (root !== undefined) roots.push(root);
  }
  return roots;
}

function parseDocuments(text: string): Document[] {
  const documents = parseAllDocuments(text, { prettyErrors: false, logLevel: "silent", stringKeys: false });
  // An empty stream is an array too, with the errors of its own beside.
  return [...documents];
}

/** With the commas taken out that do not belong there; all offsets stay what they are. */
export function parseTolerantly(text: string): { documents: Document[]; commas: number[] } {
  const commas: number[] = [];
  let repaired = text;
  for (;;) {
    const documents = parseDocuments(repaired);
    const found = documents
      .flatMap((document) => document.errors)
      .map((error) => error.pos[0])
      .filter((at) => isCommaBehindQuote(repaired, at));
    if (found.length === 0) return { documents, commas };
    for (const at of found) repaired = `${repaired.slice(0, at)} ${repaired.slice(at + 1)}`;
    commas.push(...found);
  }
}

/** Whether at this error stands a comma that ends its line, behind a quoted value. */
function isCommaBehindQuote(text: string, at: number): boolean {
  if (text[at] !== ",") return false;
  const before = text.slice(text.lastIndexOf("\n", at - 1) + 1, at).trimEnd();
  const after = /^,[ \t]*(?:#[^\n]*)?\r?(?:\n|$)/.test(text.slice(at, at + 1000));
  return after && /["']$/.test(before);
}
