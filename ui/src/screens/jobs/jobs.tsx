// The jobs as a list, the dead letters among them, and the page of one.
import { say } from "../../words/say.ts";
import { words } from "../../words/jobs.ts";
import { Tabs } from "../../parts/tabs.tsx";
import { query } from "../../route.ts";
import type { ScreenProps } from "../../screens.ts";
import { DeadLetters } from "./dead-letters.tsx";
import { JobList } from "./job-list.tsx";
import { JobPage } from "./job-page.tsx";
import "./jobs.css";

export function Jobs({ rest }: ScreenProps) {
  if (rest !== "") return <JobPage key={rest} id={rest} />;
  const tab = query.value.get("tab") ?? "jobs";
  return (
    <>
      <h1>{say(words.title)}</h1>
      <Tabs
        label={say(words.title)}
        current={tab}
        tabs={[
          { id: "jobs", label: say(words.title) },
          { id: "dead", label: say(words.deadLetters) },
        ]}
        hrefOf={(id) => (id === "jobs" ? "/jobs" : `/jobs?tab=${id}`)}
      >
        {tab === "dead" ? <DeadLetters /> : <JobList />}
      </Tabs>
    </>
  );
}
