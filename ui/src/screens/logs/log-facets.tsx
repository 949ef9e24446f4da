// How many of the lines found are of each level, pipeline and step; a click shows only those, another all again.
import { FailureBox } from "../../parts/failure-box.tsx";
import { Skeleton } from "../../parts/skeleton.tsx";
import { useCall } from "../../parts/use-call.ts";
import { unturned } from "../../parts/unturned.ts";
import { setQuery } from "../../route.ts";
import { words } from "../../words/logs.ts";
import { language, say } from "../../words/say.ts";
import { searchOf } from "./log-source.ts";
import type { LogQuery } from "./log-source.ts";

export function LogFacets({ query }: { readonly query: LogQuery }) {
  const { answer, failure, ask } = useCall("logs.facets", searchOf(query));
  if (answer === undefined) return failure === undefined ? <Skeleton lines={2} /> : <FailureBox failure={failure} retry={ask} />;
  return (
    <section class="log-facets" aria-label={say(words.facets)}>
      <p class="dim">{say(answer.hasMore ? words.facetsNewest : words.facetsOf, { count: answer.lines })}</p>
      <Facet label={say(words.level)} name="level" chosen={query.level} counts={answer.levels} />
      <Facet label={say(words.pipeline)} name="pipeline" chosen={query.pipeline} counts={answer.pipelines} />
      <Facet label={say(words.step)} name="step" chosen={query.step} counts={answer.steps} />
    </section>
  );
}

interface FacetProps {
  readonly label: string;
  readonly name: "level" | "pipeline" | "step";
  readonly chosen: string | undefined;
  readonly counts: readonly { readonly value: string; readonly count: number }[];
}

function Facet({ label, name, chosen, counts }: FacetProps) {
  return (
    <div class="log-facet" role="group" aria-label={label}>
      <span class="dim">{label}</span>
      {counts.length === 0 && <span class="dim">{say(words.facetNone)}</span>}
      {counts.map(({ value, count }) => (
        <button key={value} type="button" class="chip" aria-pressed={value === chosen} title={say(words.facetOnly, { name: unturned(value), count })} onClick={() => setQuery({ [name]: value === chosen ? undefined : value, at: undefined })}>
          {unturned(value)} <b>{count.toLocaleString(language.value)}</b>
        </button>
      ))}
    </div>
  );
}
