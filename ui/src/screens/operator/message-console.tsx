// The old test page's job: raw messages, from a template or by hand, and their replies in the order they were sent. What was sent stays while the page is open.
import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { failureText } from "../../agent/failure.ts";
import { may } from "../../agent/session.ts";
import { jobs } from "../../jobs/ask.ts";
import { copyText } from "../../parts/copy.ts";
import { clock } from "../../parts/figures.ts";
import { Icon } from "../../parts/icon.tsx";
import { JsonField } from "../../parts/json-field.tsx";
import { AskFirst } from "../../parts/list/row-actions.tsx";
import { State } from "../../parts/state-mark.tsx";
import { prettyJson } from "../../parts/text/json-fault.ts";
import { unturned } from "../../parts/unturned.ts";
import { WithCode } from "../../parts/with-code.tsx";
import { took } from "../../jobs/took.ts";
import { words as frameWords } from "../../words/frame.ts";
import { words } from "../../words/operator.ts";
import { say } from "../../words/say.ts";
import { commandOf, hasFuction, isStopAll, isSuccess, subjectOf } from "./message.ts";
import { templates, templateText } from "./templates.ts";

interface Sent {
  readonly id: number;
  readonly text: string;
  readonly atMs: number;
  readonly tookMs?: number;
  /** undefined until it came; "" is none. */
  readonly reply?: string;
  readonly failure?: unknown;
}

const KEPT_MAX = 100;
const sent = signal<readonly Sent[]>([]);
const written = signal("");
let lastId = 0;

export function MessageConsole() {
  const [isAsked, setAsked] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const isAllowed = may("operator");
  if (written.peek() === "") written.value = templateText(templates[0] ?? { message: {} }, Date.now());
  const text = written.value;
  const list = sent.value;
  const answered = list.filter(({ tookMs }) => tookMs !== undefined).length;
  useEffect(() => void box.current?.scrollTo(0, box.current.scrollHeight), [list.length, answered]);
  const submit = (): void => {
    if (!isAllowed || text.trim() === "") return;
    if (isStopAll(text)) setAsked(true);
    else void send(text);
  };
  return (
    <>
      <p class="dim">{say(words.consoleText)}</p>
      <div class="message-console">
        <section class="card message-write" aria-label={say(words.text)}>
          {(["task", "management"] as const).map((kind) => (
            <div key={kind} class="message-templates" role="group" aria-label={say(kind === "task" ? words.task : words.manage)}>
              <span class="dim">{say(kind === "task" ? words.task : words.manage)}</span>
              {templates
                .filter((template) => template.kind === kind)
                .map((template) => (
                  <button key={template.id} type="button" class="chip" onClick={() => (written.value = templateText(template, Date.now()))}>
                    {say(template.label)}
                  </button>
                ))}
            </div>
          ))}
          <form
            onSubmit={(event) => {
              event.preventDefault();
              submit();
            }}
          >
            <JsonField
              label={say(words.text)}
              value={text}
              write={(next) => (written.value = next)}
              rowsMax={24}
              faultText={(place) => say(words.bad, place)}
              onKeyDown={(event) => {
                if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
                event.preventDefault();
                submit();
              }}
            />
            {hasFuction(text) && (
              <p class="dim">
                <WithCode text={say(words.fuction)} />
              </p>
            )}
            <div class="bar">
              <button type="submit" class="button main" aria-disabled={!isAllowed} title={isAllowed ? undefined : say(frameWords.needsRole, { role: say(frameWords.operator) })}>
                <Icon name="send" /> {say(words.send)}
              </button>
              <button type="button" class="button" onClick={() => (written.value = prettyJson(text))}>
                {say(words.format)}
              </button>
              <button type="button" class="button" onClick={() => void copyText(commandOf(text))}>
                <Icon name="copy" /> {say(words.copyCommand)}
              </button>
              <span class="dim wide-only">{say(words.sendKey)}</span>
            </div>
          </form>
        </section>
        <section class="card message-replies" aria-label={say(words.replies)}>
          <div class="bar">
            <h2>{say(words.replies)}</h2>
            {list.length > 0 && (
              <button type="button" class="icon-button" aria-label={say(words.clear)} title={say(words.clear)} onClick={() => (sent.value = [])}>
                <Icon name="trash" />
              </button>
            )}
          </div>
          <div class="message-list" ref={box} tabIndex={0} role="log" aria-label={say(words.replies)}>
            {list.length === 0 && <p class="dim">{say(words.noReplies)}</p>}
            {list.map((each) => (
              <One key={each.id} sent={each} />
            ))}
          </div>
        </section>
      </div>
      {isAsked && <AskFirst asked={{ action: { id: "stop-all", label: say(words.send), role: "operator", isDanger: true, effect: () => say(words.stopAllEffect), run: () => void send(text) }, rows: [text] }} close={() => setAsked(false)} />}
    </>
  );
}

function One({ sent: { text, atMs, tookMs, reply, failure } }: { readonly sent: Sent }) {
  const success = reply === undefined ? undefined : isSuccess(reply);
  const told = failure === undefined ? undefined : failureText(failure);
  return (
    <article class="message-one" aria-label={subjectOf(text)}>
      <header class="bar">
        <span class="dim">{clock(atMs)}</span> <code>{unturned(subjectOf(text))}</code>
        {success === true && <State mood={{ label: words.ok, shape: "disc", tone: "good" }} />}
        {(success === false || failure !== undefined) && <State mood={{ label: words.notOk, shape: "cross", tone: "bad" }} />}
        {tookMs !== undefined && <span class="dim">{say(words.took, { time: took(Math.max(1, tookMs)) })}</span>}
        <span class="message-acts">
          <button type="button" class="icon-button" aria-label={`${say(words.again)}: ${subjectOf(text)}`} title={say(words.again)} onClick={() => (written.value = text)}>
            <Icon name="edit" />
          </button>
          {reply !== undefined && reply !== "" && (
            <button type="button" class="icon-button" aria-label={`${say(words.copyReply)}: ${subjectOf(text)}`} title={say(words.copyReply)} onClick={() => void copyText(reply)}>
              <Icon name="copy" />
            </button>
          )}
        </span>
      </header>
      {told !== undefined ? (
        <p class="state bad message-failure">
          <WithCode text={[told.message, told.hint].filter((part) => part !== undefined).join(" ")} /> <code>{told.code}</code>
        </p>
      ) : reply === undefined ? (
        <p class="dim">{say(words.waiting)}</p>
      ) : reply === "" ? (
        <p class="dim">{say(words.noReply, { why: say(words.noReplyAsked) })}</p>
      ) : (
        <pre class="value" tabIndex={0} aria-label={`${say(words.replies)}: ${subjectOf(text)}`}>
          {unturned(prettyJson(reply))}
        </pre>
      )}
    </article>
  );
}

async function send(text: string): Promise<void> {
  lastId += 1;
  const id = lastId;
  const beganMs = performance.now();
  sent.value = [...sent.value, { id, text, atMs: Date.now() }].slice(-KEPT_MAX);
  const set = (found: Pick<Sent, "reply" | "failure">): void => void (sent.value = sent.value.map((each) => (each.id === id ? { ...each, ...found, tookMs: performance.now() - beganMs } : each)));
  try {
    set({ reply: (await jobs.message(text)) ?? "" });
  } catch (failure) {
    set({ failure });
  }
}
