// What is done with every job that a search finds, shown or not. How many that are is counted before it is asked.
import { useState } from "preact/hooks";
import type { Role } from "#kernel/access/caller.ts";
import { may } from "../../agent/session.ts";
import { jobs } from "../../jobs/ask.ts";
import type { Which } from "../../jobs/ask.ts";
import type { JobState } from "../../jobs/job.ts";
import { filterOf } from "../../jobs/job-query.ts";
import type { Filter, JobSearch } from "../../jobs/job-query.ts";
import { count as figure } from "../../parts/figures.ts";
import { Icon } from "../../parts/icon.tsx";
import type { IconName } from "../../parts/icon.tsx";
import { AskFirst } from "../../parts/list/row-actions.tsx";
import { tellDone, tellFailure } from "../../parts/notices.ts";
import { Popup } from "../../parts/popup.tsx";
import { words } from "../../words/jobs.ts";
import { say } from "../../words/say.ts";
import type { Text } from "../../words/say.ts";

type Act = "retry" | "cancel" | "forget";

const OVER: readonly JobState[] = ["succeeded", "failed", "cancelled"];
const OPEN: readonly JobState[] = ["delayed", "queued", "sent", "running"];
/** The most that one order takes. */
const MOST = 100_000;
const COUNT_PAGE = 1000;
const COUNT_PAGES = 5;

const acts: Readonly<Record<Act, { readonly label: Text; readonly icon: IconName; readonly states: readonly JobState[]; readonly isDanger: boolean; readonly role: Role; effect(count: string): string; run(which: Which): Promise<string> }>> = {
  retry: { label: words.retry, icon: "reload", states: OVER, isDanger: false, role: "operator", effect: (count) => say(words.retryEffect, { count }), run: async (which) => say(words.retried, { count: (await jobs.retry(which)).length }) },
  cancel: { label: words.cancel, icon: "stop", states: OPEN, isDanger: true, role: "operator", effect: (count) => say(words.cancelEffect, { count }), run: async (which) => say(words.cancelledCount, { count: await jobs.cancel(which) }) },
  forget: { label: words.forget, icon: "trash", states: OVER, isDanger: true, role: "admin", effect: (count) => say(words.forgetEffect, { count }), run: async (which) => say(words.forgotten, { count: await jobs.forget(which) }) },
};

interface Asked {
  readonly act: Act;
  readonly filter: Filter;
  readonly count: string;
}

export function AllFound({ search, done }: { readonly search: JobSearch; readonly done: () => void }) {
  const [asked, setAsked] = useState<Asked>();
  const [isCounting, setCounting] = useState(false);
  if (!may("operator")) return null;
  const filter = filterOf(search, Date.now());
  const statesFor = (act: Act): readonly JobState[] => acts[act].states.filter((state) => filter.states === undefined || filter.states.includes(state));
  const choose = (act: Act): void => {
    // The moment is fixed here: what is submitted after the question was asked is not meant.
    const now = Date.now();
    const meant: Filter = { ...filterOf(search, now), states: statesFor(act), toMs: Math.min(filter.toMs ?? Infinity, now + 1) };
    setCounting(true);
    countOf(meant)
      .then((count) => setAsked({ act, filter: meant, count }), tellFailure)
      .finally(() => setCounting(false));
  };
  return (
    <>
      <Popup label={say(words.allFound)} class="button" align="start" face={<>{say(isCounting ? words.counting : words.allFound)} <Icon name="down" size={12} /></>}>
        {(close) => (
          <div class="menu">
            <p class="dim menu-text">{say(words.allFoundText, { count: MOST })}</p>
            {(Object.keys(acts) as Act[])
              .filter((act) => statesFor(act).length > 0 && may(acts[act].role))
              .map((act) => (
                <button key={act} type="button" class={`menu-item ${acts[act].isDanger ? "danger" : ""}`} onClick={() => (close(), choose(act))}>
                  <Icon name={acts[act].icon} /> {say(acts[act].label)}
                </button>
              ))}
          </div>
        )}
      </Popup>
      {asked !== undefined && (
        <AskFirst
          asked={{
            action: {
              id: asked.act,
              label: say(acts[asked.act].label),
              role: acts[asked.act].role,
              isDanger: acts[asked.act].isDanger,
              effect: () => acts[asked.act].effect(asked.count),
              run: async () => {
                try {
                  tellDone(await acts[asked.act].run({ query: asked.filter }));
                } finally {
                  done();
                }
              },
            },
            rows: [asked],
          }}
          close={() => setAsked(undefined)}
        />
      )}
    </>
  );
}

async function countOf(filter: Filter): Promise<string> {
  let found = 0;
  let after: string | undefined;
  for (let page = 0; page < COUNT_PAGES; page += 1) {
    const { jobs: rows, next } = await jobs.list({ ...filter, limit: COUNT_PAGE, ...(after === undefined ? {} : { after }) });
    found += rows.length;
    if (next === undefined) return figure(found);
    after = next;
  }
  return say(words.moreThan, { count: found });
}
