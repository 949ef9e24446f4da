// The editor, beside it the graph of what is written, below it what is wrong with it.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { call } from "../../agent/agent.ts";
import { CallFailure } from "../../agent/failure.ts";
import type { YamlEditor } from "../../editor/yaml-editor.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { FailureBox } from "../../parts/failure-box.tsx";
import { Icon } from "../../parts/icon.tsx";
import { tellDone, tellFailure } from "../../parts/notices.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { WithCode } from "../../parts/with-code.tsx";
import { words as frameWords } from "../../words/frame.ts";
import { words } from "../../words/config.ts";
import { say } from "../../words/say.ts";
import { ApplyDialog } from "./apply-dialog.tsx";
import { draft, failure, isChanged, openConfig, shown } from "./draft.ts";
import { EditorPane } from "./editor-pane.tsx";
import { ProblemList } from "./problem-list.tsx";
import { TextGraph } from "./text-graph.tsx";
import { useCheck } from "./use-check.ts";

export function ConfigEditor() {
  useEffect(() => void openConfig(), []);
  if (shown.value === undefined) return failure.value === undefined ? <Skeleton lines={12} /> : <FailureBox failure={failure.value} retry={() => void openConfig()} />;
  return <Editing />;
}

function Editing() {
  const control = useRef<YamlEditor | undefined>(undefined);
  const [line, setLine] = useState(1);
  const [dialog, setDialog] = useState<"apply" | "discard">();
  const text = draft.value;
  const check = useCheck(text);
  const problems = useMemo(() => check.answer?.problems ?? [], [check.answer]);
  const config = shown.value;
  if (config === undefined) return null;
  const format = async (): Promise<void> => {
    const answer = await call("config.format", { text });
    if (draft.peek() !== text) tellDone(say(words.formatLate));
    else if (answer.refused !== undefined) tellFailure(new CallFailure({ code: "CONFIG_INVALID", message: say(answer.refused === "not YAML" ? words.notYaml : words.wouldChange) }));
    else if (answer.text === text) tellDone(say(words.formatted));
    else draft.value = answer.text;
  };
  return (
    <div class="config">
      <div class="bar config-bar">
        <span class="config-file">
          <code class="breakable">{config.file}</code>
          {config.revision !== undefined && (
            <span class="dim">
              {say(words.revision)} {config.revision}
            </span>
          )}
          <span class={isChanged.value ? "state warn" : "dim"}>{say(isChanged.value ? words.changed : words.unchanged)}</span>
        </span>
        <button type="button" class="button" onClick={() => void format().catch(tellFailure)}>
          {say(words.format)}
        </button>
        <button type="button" class="button" aria-disabled={!isChanged.value} onClick={() => isChanged.value && setDialog("discard")}>
          {say(words.discard)}
        </button>
        <button type="button" class="button main" aria-disabled={!isChanged.value && config.isRunning} onClick={() => (isChanged.value || !config.isRunning) && setDialog("apply")}>
          <Icon name="check" /> {say(words.apply)}
        </button>
      </div>
      {!config.isRunning && <p class="config-note warn">{withCode(say(words.notRunning))}</p>}
      {text.includes("[hidden:") && <p class="config-note">{withCode(say(words.secrets))}</p>}
      <div class="config-panes">
        <EditorPane text={text} problems={problems} control={control} onChange={(next) => (draft.value = next)} onLine={setLine} />
        <div class="config-side">
          <ProblemList check={check} goTo={(toLine, column) => control.current?.goTo(toLine, column)} />
          <TextGraph graphs={check.answer?.pipelines ?? []} line={line} goTo={(toLine, column) => control.current?.goTo(toLine, column)} />
        </div>
      </div>
      <p class="dim config-keys">{say(words.keysHint)}</p>
      {dialog === "apply" && <ApplyDialog text={text} config={config} close={() => setDialog(undefined)} />}
      {dialog === "discard" && (
        <Dialog title={say(words.discard)} close={() => setDialog(undefined)}>
          <p>{say(words.discardEffect)}</p>
          <div class="dialog-actions">
            <button type="button" class="button" onClick={() => setDialog(undefined)}>
              {say(frameWords.cancel)}
            </button>
            <button type="button" class="button main danger" autofocus onClick={() => (setDialog(undefined), void openConfig({ isDropped: true }))}>
              {say(words.discard)}
            </button>
          </div>
        </Dialog>
      )}
    </div>
  );
}

function withCode(text: string) {
  return <WithCode text={text} />;
}
