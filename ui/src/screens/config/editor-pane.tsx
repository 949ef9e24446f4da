// The editor in the page: loaded when it is first needed, told of problems, and told where to go.
import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { call } from "../../agent/agent.ts";
import type { EditorProblem, YamlEditor } from "../../editor/yaml-editor.ts";
import { FailureBox } from "../../parts/failure-box.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import { words } from "../../words/config.ts";
import { language, say } from "../../words/say.ts";
import type { Problem } from "./config-answers.ts";

export interface EditorPaneProps {
  readonly text: string;
  readonly problems: readonly Problem[];
  /** To go to a place from outside. */
  readonly control: RefObject<YamlEditor | undefined>;
  onChange(text: string): void;
  onLine(line: number): void;
}

export function EditorPane({ text, problems, control, onChange, onLine }: EditorPaneProps) {
  const host = useRef<HTMLDivElement>(null);
  const latest = useRef({ onChange, onLine, text });
  latest.current = { onChange, onLine, text };
  /** What the editor has said since page and editor last agreed: typing is faster than drawing, and must not come back as news. */
  const said = useRef(new Set<string>());
  const [isOpen, setOpen] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const [times, setTimes] = useState(0);
  const lang = language.value;

  useEffect(() => {
    let editor: YamlEditor | undefined;
    let isGone = false;
    setFailure(undefined);
    import("../../editor/yaml-editor.ts").then(
      ({ openYamlEditor }) => {
        if (isGone || host.current === null) return;
        editor = openYamlEditor(host.current, { text: latest.current.text, label: say(words.text), language: lang, onChange: (next) => (said.current.add(next), latest.current.onChange(next)), onLine: (line) => latest.current.onLine(line) });
        control.current = editor;
        setOpen(true);
        // Without it the editor edits as well, and completes nothing.
        call("config.schema", { lang }).then(
          (schema) => editor?.setSchema(schema),
          () => undefined,
        );
      },
      (thrown: unknown) => !isGone && setFailure(thrown),
    );
    return () => {
      isGone = true;
      control.current = undefined;
      editor?.close();
      setOpen(false);
    };
  }, [lang, times]);

  // A text that came from elsewhere: formatted, merged, taken back.
  useEffect(() => {
    if (!isOpen) return;
    if (control.current?.text() === text) said.current.clear();
    else if (!said.current.has(text)) control.current?.replace(text);
  }, [text, isOpen]);
  useEffect(() => {
    if (isOpen) control.current?.show(problems.map(problemInEditor));
  }, [problems, isOpen, lang]);

  return (
    <div class="editor-pane">
      {failure !== undefined && <FailureBox failure={failure} retry={() => setTimes(times + 1)} />}
      {!isOpen && failure === undefined && <Skeleton lines={12} />}
      {/* What is typed here is no key of the page. */}
      <div class="editor-host" ref={host} onKeyDown={(event) => !event.ctrlKey && !event.metaKey && event.stopPropagation()} />
    </div>
  );
}

function problemInEditor({ severity, code, text, help, line, column, endColumn, suggestion }: Problem): EditorProblem {
  return {
    severity,
    code,
    message: [say(text), ...(suggestion === undefined ? [] : [say(words.didYouMean, { text: suggestion }).replaceAll("`", "")]), ...(help === undefined ? [] : [say(help)])].join("\n"),
    line,
    column,
    endLine: line,
    endColumn,
    ...(suggestion === undefined ? {} : { suggestion: { label: say(words.suggestion, { text: suggestion }).replaceAll("`", ""), text: suggestion } }),
  };
}
