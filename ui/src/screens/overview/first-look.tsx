// Where to look first, for whoever has just made himself known: what runs here, and the config that says so. It goes when it is told to.
import { may } from "../../agent/session.ts";
import type { PipelineStatus } from "../../pipelines/look.ts";
import { firstLook } from "../../settings.ts";
import { say } from "../../words/say.ts";
import { words } from "../../words/overview.ts";

export function FirstLook({ pipelines }: { readonly pipelines: readonly PipelineStatus[] }) {
  if (firstLook.value !== "yes") return null;
  const [only] = pipelines;
  const isOne = pipelines.length === 1 && only !== undefined;
  const seen = (): void => void (firstLook.value = "no");
  return (
    <section class="card first-look" aria-label={say(words.firstLook)}>
      <p>{isOne ? say(words.firstOne, { name: only.name }) : say(words.firstMany, { count: pipelines.length })}</p>
      <a class="button main" href={isOne ? `/pipelines/${encodeURIComponent(only.name)}` : "/pipelines"} onClick={seen}>
        {say(isOne ? words.firstSeeOne : words.firstSeeMany)}
      </a>
      {may("admin") && (
        <a class="button" href="/config" onClick={seen}>
          {say(words.firstConfig)}
        </a>
      )}
      <button type="button" class="quiet-button" onClick={seen}>
        {say(words.firstSkip)}
      </button>
    </section>
  );
}
