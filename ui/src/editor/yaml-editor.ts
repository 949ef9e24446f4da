// The editor of YAML, CodeMirror, in a shadow root of its own: there it brings its styles as adopted style sheets, which the page's security policy
// allows, where in the page itself it would write a <style> element, which that policy refuses. Colours come in as custom properties of the page.
//
// Loaded when a config is first opened: it is larger than all the rest of the dashboard.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import type { CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import type { Diagnostic } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, Transaction } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { editorColours, editorTheme } from "./editor-theme.ts";
import { koreanPhrases } from "./editor-phrases.ts";
import { completionsAt } from "./schema-completion.ts";
import type { JsonSchema } from "./schema-completion.ts";
import { yamlPlaceAt } from "./yaml-place.ts";

export type Severity = "error" | "warning" | "info";

/** What is wrong with the text; lines and columns count from 1. */
export interface EditorProblem {
  readonly severity: Severity;
  readonly message: string;
  /** The code, which `dure explain` knows. */
  readonly code?: string;
  readonly line: number;
  readonly column: number;
  readonly endLine?: number | undefined;
  readonly endColumn?: number | undefined;
  /** What should stand there instead, offered beside the message. */
  readonly suggestion?: { readonly label: string; readonly text: string };
}

export interface EditorOptions {
  readonly text: string;
  /** What a screen reader calls it. */
  readonly label: string;
  readonly language: "en" | "ko";
  onChange(text: string): void;
  /** The cursor has come to another line. */
  onLine(line: number): void;
}

export interface YamlEditor {
  text(): string;
  /** Replaces the whole text as one step that can be undone; the cursor stays about where it was. */
  replace(text: string): void;
  show(problems: readonly EditorProblem[]): void;
  setSchema(schema: JsonSchema): void;
  goTo(line: number, column: number): void;
  close(): void;
}

export function openYamlEditor(host: HTMLElement, { text, label, language, onChange, onLine }: EditorOptions): YamlEditor {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  let schema: JsonSchema | undefined;
  let line = 1;

  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        highlightActiveLineGutter(),
        foldGutter(),
        lintGutter(),
        history(),
        drawSelection(),
        indentOnInput(),
        indentUnit.of("  "),
        EditorState.tabSize.of(2),
        bracketMatching(),
        closeBrackets(),
        highlightActiveLine(),
        highlightSelectionMatches(),
        yaml(),
        syntaxHighlighting(editorColours),
        editorTheme,
        language === "ko" ? EditorState.phrases.of(koreanPhrases) : [],
        autocompletion({ override: [(context) => completed(context, schema, language)], icons: false }),
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap, ...lintKeymap, ...defaultKeymap, indentWithTab]),
        EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0", spellcheck: "false", autocorrect: "off", autocapitalize: "off" }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) onChange(update.state.doc.toString());
          const now = update.state.doc.lineAt(update.state.selection.main.head).number;
          if (now !== line) onLine((line = now));
        }),
      ],
    }),
  });

  return {
    text: () => view.state.doc.toString(),
    replace(next) {
      const { from, to, insert } = changedMiddle(view.state.doc.toString(), next);
      if (from < to || insert !== "") view.dispatch({ changes: { from, to, insert }, annotations: Transaction.userEvent.of("input.replace") });
    },
    show: (problems) => view.dispatch(setDiagnostics(view.state, problems.map((problem) => diagnosticOf(view.state, problem)))),
    setSchema: (next) => void (schema = next),
    goTo(toLine, column) {
      const anchor = offsetOf(view.state, toLine, column);
      view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
      view.focus();
    },
    close: () => view.destroy(),
  };
}

function completed(context: CompletionContext, schema: JsonSchema | undefined, language: "en" | "ko"): CompletionResult | null {
  if (schema === undefined) return null;
  const place = yamlPlaceAt(context.state.doc.toString(), context.pos);
  if (place === undefined || (place.typed === "" && !context.explicit && !isJustIndented(context))) return null;
  const options = completionsAt(schema, place, language).map(({ label, insert, detail, about, isRequired, kind }) => ({
    label,
    apply: insert,
    detail,
    type: kind === "key" ? "property" : "enum",
    boost: isRequired ? 50 : 0,
    ...(about === "" ? {} : { info: about }),
  }));
  return { from: place.from, options, validFor: /^[\p{L}\p{N}_.-]*$/u };
}

/** After `- ` or `key: ` a list comes by itself; at the beginning of an empty line it would be in the way. */
function isJustIndented(context: CompletionContext): boolean {
  return context.matchBefore(/(?:-|:) $/) !== null;
}

function offsetOf(state: EditorState, line: number, column: number): number {
  const found = state.doc.line(Math.min(Math.max(line, 1), state.doc.lines));
  return Math.min(found.from + Math.max(column, 1) - 1, found.to);
}

/** At least one character wide; the whole word when the problem has no end. */
function diagnosticOf(state: EditorState, { severity, message, code, line, column, endLine, endColumn, suggestion }: EditorProblem): Diagnostic {
  const from = offsetOf(state, line, column);
  const word = /^[^\s:]*/.exec(state.doc.sliceString(from, state.doc.lineAt(from).to))?.[0] ?? "";
  const end = endLine === undefined || endColumn === undefined ? from + word.length : offsetOf(state, endLine, endColumn);
  const actions = suggestion === undefined ? [] : [{ name: suggestion.label, apply: (view: EditorView, start: number, stop: number) => view.dispatch({ changes: { from: start, to: stop, insert: suggestion.text } }) }];
  return { from, to: Math.min(Math.max(end, from + 1), state.doc.length), severity, message, actions, ...(code === undefined ? {} : { source: code }) };
}

/** What differs between two texts, as one replacement: folds, marks and the cursor outside of it stay. */
function changedMiddle(before: string, after: string): { readonly from: number; readonly to: number; readonly insert: string } {
  const least = Math.min(before.length, after.length);
  let head = 0;
  while (head < least && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < least - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  return { from: head, to: before.length - tail, insert: after.slice(head, after.length - tail) };
}
