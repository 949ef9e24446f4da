// Every request the agent takes, made from its own OpenAPI document: reads can be tried, changes are shown as a line to copy.
import { useEffect, useState } from "preact/hooks";
import { request } from "../../agent/session.ts";
import { copyText } from "../../parts/copy.ts";
import { FailureBox } from "../../parts/failure-box.tsx";
import { Icon } from "../../parts/icon.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import { WithCode } from "../../parts/with-code.tsx";
import { query, setQuery } from "../../route.ts";
import { words as frameWords } from "../../words/frame.ts";
import { words } from "../../words/help.ts";
import { language, say } from "../../words/say.ts";
import { curlOf, kindOf, operationsOf } from "./open-api.ts";
import type { Operation } from "./open-api.ts";
import { TryIt } from "./try-it.tsx";

export function ApiBrowser() {
  const [state, setState] = useState<{ readonly operations?: readonly Operation[]; readonly failure?: unknown }>({});
  const load = (): void => {
    setState({});
    request("GET", "/api/openapi.json").then(
      (document) => setState({ operations: operationsOf(document as object) }),
      (failure: unknown) => setState({ failure }),
    );
  };
  useEffect(load, []);
  const wanted = (query.value.get("q") ?? "").toLowerCase();
  const found = state.operations?.filter(({ command, path, summary }) => `${command} ${path} ${summary.en} ${summary.ko}`.toLowerCase().includes(wanted));
  return (
    <section class="api">
      <p class="dim">{say(words.apiText)}</p>
      <label class="filter-field">
        <Icon name="search" />
        <span class="unseen">{say(words.findOperation)}</span>
        <input type="search" data-filter value={query.value.get("q") ?? ""} placeholder={say(words.findOperation)} autocomplete="off" spellcheck={false} onInput={(event) => setQuery({ q: event.currentTarget.value })} />
      </label>
      {state.failure !== undefined && <FailureBox failure={state.failure} retry={load} />}
      {found === undefined && state.failure === undefined && <Skeleton />}
      {found?.length === 0 && <p>{say(words.nothing)}</p>}
      {found?.map((operation) => <OperationCard key={operation.command} operation={operation} />)}
    </section>
  );
}

function OperationCard({ operation }: { readonly operation: Operation }) {
  const { command, method, path, summary, role, isStream, isAudited } = operation;
  const isOpen = query.value.get("open") === command;
  return (
    <details class="operation" open={isOpen} onToggle={(event) => event.currentTarget.open !== isOpen && setQuery({ open: event.currentTarget.open ? command : undefined })}>
      <summary>
        <code class={`method ${method.toLowerCase()}`}>{method}</code>
        <code class="operation-path">{path}</code>
        <span class="operation-summary">
          <WithCode text={say(summary)} />
        </span>
        <span class="dim">
          {say(words.needs, { role: say(frameWords[role]) })}
          {isStream && ` · ${say(words.stream)}`}
          {isAudited && ` · ${say(words.audited)}`}
        </span>
      </summary>
      {isOpen && <OperationBody operation={operation} />}
    </details>
  );
}

function OperationBody({ operation }: { readonly operation: Operation }) {
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const { parameters, answer, errors, lines, method, isStream } = operation;
  const curl = curlOf(operation, values, location.origin);
  return (
    <div class="operation-body">
      {0 < parameters.length && (
        <>
          <h2>{say(words.parameters)}</h2>
          <div class="parameters">
            {parameters.map(({ name, in: place, isRequired, description, schema }) => (
              <label key={name} class="parameter">
                <span>
                  <code>{name}</code> <span class="dim">{place}</span> {isRequired && <strong>{say(words.required)}</strong>}
                </span>
                <input value={values[name] ?? ""} placeholder={kindOf(schema)} autocomplete="off" spellcheck={false} onInput={(event) => setValues({ ...values, [name]: event.currentTarget.value })} />
                {description !== undefined && <span class="dim">{description}</span>}
              </label>
            ))}
          </div>
        </>
      )}
      {method === "GET" && !isStream && <TryIt operation={operation} values={values} />}
      <h2>{say(words.curl)}</h2>
      <Line text={curl} />
      {0 < lines.length && <h2>{say(words.cli)}</h2>}
      {lines.map(({ line, text, "text-ko": korean }) => (
        <div key={line}>
          <Line text={line} />
          <p class="dim">{language.value === "ko" ? (korean ?? text) : text}</p>
        </div>
      ))}
      {answer !== undefined && (
        <>
          <h2>{say(words.answer)}</h2>
          <pre class="value" tabIndex={0}>
            {JSON.stringify(answer, undefined, 2)}
          </pre>
        </>
      )}
      <h2>{say(words.errors)}</h2>
      <ul class="errors">
        {errors.map(([status, codes]) => (
          <li key={status}>
            <code>{status}</code> {codes}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Line({ text }: { readonly text: string }) {
  return (
    <div class="copy-line">
      <pre class="command" tabIndex={0}>
        {text}
      </pre>
      <button type="button" class="icon-button" aria-label={say(frameWords.copy)} title={say(frameWords.copy)} onClick={() => void copyText(text)}>
        <Icon name="copy" />
      </button>
    </div>
  );
}
