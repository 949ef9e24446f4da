// One record of a dead letter: read, written as JSON that is judged as one types, or taken out.
import { useId, useState } from "preact/hooks";
import type { ResultOf } from "#edges/all-commands.ts";
import { Icon } from "../../parts/icon.tsx";
import { words } from "../../words/letters.ts";
import { say } from "../../words/say.ts";
import { recordOfText } from "./record-text.ts";
import type { LetterRecord, RecordText } from "./record-text.ts";

type ShownRecord = ResultOf<"dead-letters.show">["records"][number];

/** "unfinished": what is written is no record yet. */
export type RecordChange = LetterRecord | "taken out" | "unfinished";

interface RecordEditorProps {
  readonly shown: ShownRecord;
  readonly change: RecordChange | undefined;
  onChange(row: number, change: RecordChange | undefined): void;
}

const ROWS_MAX = 24;

export function RecordEditor({ shown: { row, time, record }, change, onChange }: RecordEditorProps) {
  const original = JSON.stringify(record, undefined, 2);
  const [text, setText] = useState<string>();
  const id = useId();
  const judged = text === undefined ? undefined : recordOfText(text);
  const write = (next: string): void => {
    setText(next);
    const outcome = recordOfText(next);
    if (!("record" in outcome)) onChange(row, "unfinished");
    else onChange(row, JSON.stringify(outcome.record) === JSON.stringify(record) ? undefined : outcome.record); // What came to be as it was is no change.
  };
  const undo = (): void => {
    setText(undefined);
    onChange(row, undefined);
  };
  return (
    <section class={`card record ${change === undefined ? "" : "changed"}`} aria-label={say(words.record, { row: row + 1 })}>
      <div class="bar">
        <h2>{say(words.record, { row: row + 1 })}</h2>
        <span class="dim">{time}</span>
        {change !== undefined && <span class="state warn">{say(change === "taken out" ? words.takenOut : words.changed)}</span>}
        <span class="record-acts">
          {text === undefined && change === undefined ? (
            <>
              <button type="button" class="button small" onClick={() => setText(original)}>
                <Icon name="edit" size={14} /> {say(words.edit)}
              </button>
              <button type="button" class="button small" onClick={() => onChange(row, "taken out")}>
                {say(words.takeOut)}
              </button>
            </>
          ) : (
            <button type="button" class="button small" onClick={undo}>
              {say(words.undo)}
            </button>
          )}
        </span>
      </div>
      {text === undefined ? (
        <pre class={`value ${change === "taken out" ? "struck" : ""}`} tabIndex={0}>
          {original}
        </pre>
      ) : (
        <>
          <textarea id={id} class="record-text" aria-label={say(words.record, { row: row + 1 })} aria-invalid={judged !== undefined && "problem" in judged} aria-describedby={`${id}-judged`} value={text} rows={Math.min(ROWS_MAX, text.split("\n").length + 1)} spellcheck={false} autocapitalize="off" autofocus onInput={(event) => write(event.currentTarget.value)} />
          <p id={`${id}-judged`} role="status" class={judged !== undefined && "problem" in judged ? "state bad" : "state good"}>
            {judged !== undefined && verdict(judged)}
          </p>
        </>
      )}
    </section>
  );
}

function verdict(judged: RecordText): string {
  if ("record" in judged) return say(words.good);
  return judged.problem === "no JSON" ? say(words.noJson, { line: judged.line, column: judged.column }) : say(words.noObject);
}
