// A form that submits once: it is the browser's own, so that Enter at the end of a Korean syllable counts one time, and while the answer is
// awaited it takes nothing more.
import type { ComponentChildren } from "preact";
import { useId, useRef, useState } from "preact/hooks";
import { FailureBox } from "./failure-box.tsx";

export interface FormProps {
  /** What to do; a failure is shown in the form. */
  readonly submit: (values: FormData) => Promise<void>;
  readonly button: string;
  readonly busyButton: string;
  readonly children: ComponentChildren;
  readonly label: string;
}

export function Form({ submit, button, busyButton, children, label }: FormProps) {
  const [state, setState] = useState<{ isBusy: boolean; failure?: unknown }>({ isBusy: false });
  const isBusy = useRef(false);
  return (
    <form
      class="form"
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault();
        if (isBusy.current) return;
        isBusy.current = true;
        setState({ isBusy: true });
        submit(new FormData(event.currentTarget)).then(
          () => {
            isBusy.current = false;
            setState({ isBusy: false });
          },
          (failure: unknown) => {
            isBusy.current = false;
            setState({ isBusy: false, failure });
          },
        );
      }}
    >
      {children}
      {state.failure !== undefined && <FailureBox failure={state.failure} />}
      <button class="button main" type="submit" aria-disabled={state.isBusy}>
        {state.isBusy ? busyButton : button}
      </button>
    </form>
  );
}

export interface FieldProps {
  readonly label: string;
  readonly name: string;
  readonly type?: "text" | "password";
  readonly hint?: string;
  readonly autocomplete?: string;
  readonly isFirst?: boolean;
  readonly value?: string;
}

export function Field({ label, name, type = "text", hint, autocomplete = "off", isFirst = false, value }: FieldProps) {
  const id = useId();
  const common = { id, name, required: true, autocomplete, autofocus: isFirst, autocapitalize: "none", spellcheck: false, defaultValue: value, "aria-describedby": hint === undefined ? undefined : `${id}-hint` } as const;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {type === "text" ? <input type="text" {...common} /> : <input type="password" {...common} />}
      {hint !== undefined && (
        <p class="dim" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
