// The command line: what is typed goes to the agent as it is, and its answer stands below it. What was said stays while the page is open. A form,
// so that Enter is the browser's: it comes once, also at the end of a Korean syllable.
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { call } from "../../agent/agent.ts";
import { failureText } from "../../agent/failure.ts";
import { Icon } from "../../parts/icon.tsx";
import { LineHistory } from "../../parts/line-history.ts";
import { unturned } from "../../parts/unturned.ts";
import { WithCode } from "../../parts/with-code.tsx";
import { words } from "../../words/console.ts";
import { say } from "../../words/say.ts";

interface Said {
  readonly id: number;
  readonly line: string;
  /** undefined until it came. */
  readonly answer?: string;
  readonly isRefused?: boolean;
}

const KEPT_MAX = 200;
const EXAMPLES = ["shw task", "shw flow", "shw status", "hlp"] as const;
const said = signal<readonly Said[]>([]);
const history = new LineHistory();
let lastId = 0;

export function CommandLine() {
  const field = useRef<HTMLInputElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const count = said.value.length;
  const last = said.value.at(-1)?.answer;
  useEffect(() => void box.current?.scrollTo(0, box.current.scrollHeight), [count, last]);
  const submit = (line: string): void => {
    void run(line);
    history.add(line);
    if (field.current !== null) field.current.value = "";
    field.current?.focus();
  };
  return (
    <>
      <p class="dim">
        <WithCode text={say(words.text)} />
      </p>
      <div class="console">
        <div class="console-answers" ref={box} tabIndex={0} role="log" aria-label={say(words.answers)}>
          {count === 0 && (
            <div class="console-examples">
              <p class="dim">{say(words.empty)}</p>
              {EXAMPLES.map((line) => (
                <button key={line} type="button" class="button small" onClick={() => submit(line)}>
                  <code>{line}</code>
                </button>
              ))}
            </div>
          )}
          {said.value.map(({ id, line, answer, isRefused = false }) => (
            <div key={id} class="console-said">
              <p class="console-line">&gt; {unturned(line)}</p>
              <pre class={isRefused ? "refused" : ""}>{answer === undefined ? say(words.running) : unturned(answer)}</pre>
            </div>
          ))}
        </div>
        <form
          class="console-form"
          onSubmit={(event) => {
            event.preventDefault();
            submit(field.current?.value ?? "");
          }}
        >
          <span aria-hidden="true">&gt;</span>
          <input
            ref={field}
            name="line"
            autofocus
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            aria-label={say(words.line)}
            onKeyDown={(event) => {
              const found = history.keyed(event);
              if (found === undefined || field.current === null) return;
              event.preventDefault();
              field.current.value = found;
            }}
          />
          <button type="submit" class="button main">
            {say(words.run)}
          </button>
          <button type="button" class="icon-button" aria-label={say(words.clear)} title={say(words.clear)} onClick={() => (said.value = [])}>
            <Icon name="trash" />
          </button>
        </form>
      </div>
    </>
  );
}

async function run(line: string): Promise<void> {
  lastId += 1;
  const id = lastId;
  said.value = [...said.value, { id, line }].slice(-KEPT_MAX);
  const set = (found: Pick<Said, "answer" | "isRefused">): void => void (said.value = said.value.map((each) => (each.id === id ? { ...each, ...found } : each)));
  if (/^\s*(?:q|quit)\s*$/.test(line)) return set({ answer: say(words.bye) });
  try {
    const { answer } = await call("console.run", { line });
    set({ answer: answer.trimEnd(), isRefused: /^NOK\b/m.test(answer) });
  } catch (failure) {
    const { message, hint } = failureText(failure);
    set({ answer: [message, hint].filter((part) => part !== undefined).join("\n"), isRefused: true });
  }
}
