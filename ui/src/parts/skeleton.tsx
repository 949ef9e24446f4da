// The place of what is still being loaded, so that nothing jumps when it comes.
import { say } from "../words/say.ts";
import { words } from "../words/frame.ts";

export function Skeleton({ lines = 6 }: { readonly lines?: number }) {
  return (
    <div class="skeleton" role="status">
      <span class="unseen">{say(words.loading)}</span>
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} class={`skeleton-line width-${index % 3}`} />
      ))}
    </div>
  );
}
