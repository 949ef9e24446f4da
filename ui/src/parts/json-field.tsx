// A text area for JSON that is judged as one types.
import { useId } from "preact/hooks";
import { words } from "../words/jobs.ts";
import { say } from "../words/say.ts";
import { judgedJson } from "./text/json-fault.ts";
import "./json-field.css";

interface JsonFieldProps {
  readonly label: string;
  readonly value: string;
  readonly write: (text: string) => void;
  readonly isFirst?: boolean;
  /** Of what is no JSON, in other words than the usual ones. */
  readonly faultText?: (place: { readonly line: number; readonly column: number }) => string;
  readonly onKeyDown?: (event: KeyboardEvent) => void;
  readonly rowsMax?: number;
}

export function JsonField({ label, value, write, isFirst = false, faultText, onKeyDown, rowsMax = 18 }: JsonFieldProps) {
  const id = useId();
  const judged = judgedJson(value);
  const isGood = "value" in judged;
  return (
    <div class="field json-field">
      <label for={id}>{label}</label>
      <textarea id={id} name="json" value={value} rows={Math.max(4, Math.min(rowsMax, value.split("\n").length + 1))} spellcheck={false} autocapitalize="off" autocomplete="off" autofocus={isFirst} aria-invalid={!isGood} aria-describedby={`${id}-judged`} onInput={({ currentTarget }) => write(currentTarget.value)} {...(onKeyDown === undefined ? {} : { onKeyDown })} />
      <p id={`${id}-judged`} role="status" class={isGood ? "state good" : "state bad"}>
        {isGood ? say(words.goodJson) : (faultText?.(judged) ?? say(words.badJson, judged))}
      </p>
    </div>
  );
}
