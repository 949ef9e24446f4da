// Where notices stand: a live region, so that they are read aloud.
import { say } from "../words/say.ts";
import { words } from "../words/frame.ts";
import { Icon } from "./icon.tsx";
import { WithCode } from "./with-code.tsx";
import { dismiss, notices } from "./notices.ts";

export function NoticesArea() {
  return (
    <div class="notices" role="region" aria-label={say(words.notices)}>
      <div aria-live="polite">
        {notices.value.map(({ id, kind, text, hint, code, retry }) => (
          <div key={id} class={`notice ${kind}`}>
            <Icon name={kind === "done" ? "check" : "close"} />
            <div class="notice-text">
              <p>
                <WithCode text={text} /> {code !== undefined && <code class="notice-code">{code}</code>}
              </p>
              {hint !== undefined && (
                <p class="dim">
                  <WithCode text={hint} />
                </p>
              )}
              {retry !== undefined && (
                <button type="button" class="button small" onClick={() => (dismiss(id), retry())}>
                  {say(words.retry)}
                </button>
              )}
            </div>
            <button type="button" class="icon-button" aria-label={say(words.dismiss)} onClick={() => dismiss(id)}>
              <Icon name="close" />
            </button>
          </div>
        ))}
      </div>
    </div>
  );
}
