// A list with nothing in it shows what would fill it: a command, or lines of a config.
import { say } from "../../words/say.ts";
import { words } from "../../words/frame.ts";
import { copyText } from "../copy.ts";
import { WithCode } from "../with-code.tsx";

export interface Empty {
  readonly title: string;
  readonly text?: string;
  /** Of the command line, or YAML. */
  readonly example?: string;
  /** The first step, where a button can take it. */
  readonly first?: { readonly label: string; readonly take: () => void } | undefined;
}

export function EmptyState({ title, text, example, first }: Empty) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {text !== undefined && (
        <p>
          <WithCode text={text} />
        </p>
      )}
      {first !== undefined && (
        <p>
          <button type="button" class="button main" onClick={first.take}>
            {first.label}
          </button>
        </p>
      )}
      {example !== undefined && (
        <div class="example">
          <pre class="command">{example}</pre>
          <button type="button" class="button small" onClick={() => void copyText(example)}>
            {say(words.copy)}
          </button>
        </div>
      )}
    </div>
  );
}
