// The operator's desk: the queue and what stands in it, the workers and what each runs, the rules, and the console for raw messages.
import { Tabs } from "../../parts/tabs.tsx";
import { query } from "../../route.ts";
import type { ScreenProps } from "../../screens.ts";
import { words } from "../../words/operator.ts";
import { say } from "../../words/say.ts";
import { MessageConsole } from "./message-console.tsx";
import { QueueView } from "./queue-view.tsx";
import { RuleList } from "./rule-list.tsx";
import { Workers } from "./workers.tsx";
import "../jobs/jobs.css";
import "./operator.css";

export function Operator(_props: ScreenProps) {
  const tab = query.value.get("tab") ?? "workers";
  return (
    <div class="operator">
      <h1>{say(words.title)}</h1>
      <QueueView />
      <Tabs
        label={say(words.title)}
        current={tab}
        tabs={[
          { id: "workers", label: say(words.workers) },
          { id: "rules", label: say(words.rules) },
          { id: "console", label: say(words.console) },
        ]}
        hrefOf={(id) => (id === "workers" ? "/operator" : `/operator?tab=${id}`)}
      >
        {tab === "rules" ? <RuleList /> : tab === "console" ? <MessageConsole /> : <Workers />}
      </Tabs>
    </div>
  );
}
