// Shown instead of what could not be had: why, the code, and a way to try again.
import { failureText } from "../agent/failure.ts";
import { say } from "../words/say.ts";
import { words } from "../words/frame.ts";
import { WithCode } from "./with-code.tsx";

export function FailureBox({ failure, retry }: { readonly failure: unknown; readonly retry?: () => void }) {
  const { message, hint, code } = failureText(failure);
  return (
    <div class="failure-box" role="alert">
      <p>
        <WithCode text={message} /> <code>{code}</code>
      </p>
      {hint !== undefined && (
        <p class="dim">
          <WithCode text={hint} />
        </p>
      )}
      {retry !== undefined && (
        <button type="button" class="button" onClick={retry}>
          {say(words.retry)}
        </button>
      )}
    </div>
  );
}
