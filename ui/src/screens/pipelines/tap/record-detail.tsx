// One record before and after a step, field by field. A click on a value shows only records that have it.
import { useMemo, useState } from "preact/hooks";
import { copyText } from "../../../parts/copy.ts";
import { time } from "../../../parts/figures.ts";
import { Icon } from "../../../parts/icon.tsx";
import { unturned } from "../../../parts/unturned.ts";
import { say } from "../../../words/say.ts";
import { words as frameWords } from "../../../words/frame.ts";
import { words } from "../../../words/pipelines.ts";
import { fieldDifferences } from "./field-differences.ts";
import type { FieldDifference } from "./field-differences.ts";
import type { TapRecord } from "./tap-ring.ts";

interface RecordDetailProps {
  readonly record: TapRecord;
  readonly close: () => void;
  readonly filterBy: (path: readonly (string | number)[], value: unknown) => void;
}

const marks = { same: "", added: "+", removed: "−", changed: "~" } as const;

export function RecordDetail({ record, close, filterBy }: RecordDetailProps) {
  const { before, after, timeMs, tag, number } = record;
  const [isRaw, setRaw] = useState(false);
  const found = useMemo(() => fieldDifferences(before, after), [before, after]);
  const isDifference = before !== undefined && after !== undefined;
  return (
    <aside class="record card" aria-label={say(words.record, { number })}>
      <header class="node-head">
        <h2>{say(words.record, { number })}</h2>
        <span class="dim">
          {time(timeMs, { isWhole: true })} {unturned(tag)}
        </span>
        <button type="button" class="button small" aria-pressed={isRaw} onClick={() => setRaw(!isRaw)}>
          JSON
        </button>
        <button type="button" class="icon-button" aria-label={say(frameWords.copy)} onClick={() => void copyText(JSON.stringify(after ?? before, null, 2))}>
          <Icon name="copy" />
        </button>
        <button type="button" class="icon-button" aria-label={say(frameWords.close)} onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      {after === undefined && <p class="trouble calm">{say(words.nothingCame)}</p>}
      {before === undefined && <p class="dim">{say(words.beforeUnknown)}</p>}
      {isRaw ? (
        <div class="raw" tabIndex={0} role="region" aria-label="JSON">
          {before !== undefined && (
            <>
              <h3>{say(words.before)}</h3>
              <pre>{shown(before, 2)}</pre>
            </>
          )}
          {after !== undefined && (
            <>
              <h3>{say(words.after)}</h3>
              <pre>{shown(after, 2)}</pre>
            </>
          )}
        </div>
      ) : (
        <div class="record-frame" tabIndex={0} role="region" aria-label={say(words.fields)}>
          <table class="record-table">
            <thead>
              <tr>
                <th scope="col">{say(words.field)}</th>
                {isDifference && <th scope="col">{say(words.before)}</th>}
                <th scope="col">{after === undefined ? say(words.before) : say(words.after)}</th>
              </tr>
            </thead>
            <tbody>
              {found.map((field) => (
                <tr key={field.path.join("\0")} class={isDifference ? field.kind : undefined}>
                  <th scope="row">
                    {isDifference && (
                      <span class="mark" title={say(words[field.kind])}>
                        {marks[field.kind]}
                      </span>
                    )}
                    {field.path.length === 0 ? <span class="dim">{say(words.wholeRecord)}</span> : unturned(field.path.join("."))}
                  </th>
                  {isDifference && <td>{"before" in field && <code>{shown(field.before)}</code>}</td>}
                  <td>
                    <Value field={field} isDifference={isDifference} filterBy={filterBy} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </aside>
  );
}

/** What came out; of a record of which one side is unknown, or that went no further, the side there is. */
function Value({ field, isDifference, filterBy }: { readonly field: FieldDifference; readonly isDifference: boolean; readonly filterBy: RecordDetailProps["filterBy"] }) {
  const { path, after, before } = field;
  const value = isDifference ? after : (after ?? before);
  if (value === undefined) return null;
  // What is asked of a tap is asked of what comes out of the step.
  const isPlain = path.length > 0 && (typeof value !== "object" || value === null) && after !== undefined;
  return isPlain ? (
    <button type="button" class="value" title={say(words.onlyThis)} onClick={() => filterBy(path, value)}>
      {shown(value)}
    </button>
  ) : (
    <code>{shown(value)}</code>
  );
}

function shown(value: unknown, indent?: number): string {
  return unturned(typeof value === "string" ? value : (JSON.stringify(value, null, indent) ?? ""));
}
