// Sends a read of the API as the user one is, and shows what came back.
import { useState } from "preact/hooks";
import { Icon } from "../../parts/icon.tsx";
import { words } from "../../words/help.ts";
import { say } from "../../words/say.ts";
import { requestOf } from "./open-api.ts";
import type { Operation } from "./open-api.ts";

const SHOWN_MAX = 100_000;

interface Came {
  readonly status: number;
  readonly ms: number;
  readonly text: string;
}

export function TryIt({ operation, values }: { readonly operation: Operation; readonly values: Readonly<Record<string, string>> }) {
  const [isBusy, setBusy] = useState(false);
  const [came, setCame] = useState<Came>();
  const ask = async (): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    const since = performance.now();
    try {
      const answer = await fetch(requestOf(operation, values).url, { credentials: "same-origin" });
      const text = await answer.text();
      setCame({ status: answer.status, ms: Math.round(performance.now() - since), text: indented(text) });
    } catch (error) {
      setCame({ status: 0, ms: Math.round(performance.now() - since), text: String(error) });
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="try-it">
      <button type="button" class="button main" aria-disabled={isBusy} onClick={() => void ask()}>
        <Icon name="play" /> {say(isBusy ? words.trying : words.tryIt)}
      </button>
      <div role="status">{came !== undefined && <p class={came.status === 200 ? "state good" : "state warn"}>{say(words.took, { status: came.status, ms: came.ms })}</p>}</div>
      {came !== undefined && (
        <pre class="value" tabIndex={0}>
          {came.text.slice(0, SHOWN_MAX)}
          {SHOWN_MAX < came.text.length && `\n${say(words.cut, { count: came.text.length })}`}
        </pre>
      )}
    </div>
  );
}

function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}
