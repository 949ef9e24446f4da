// Who is logged in with which browser: one's own sessions, for admins everybody's.
import { useMemo } from "preact/hooks";
import type { ResultOf } from "#edges/all-commands.ts";
import { call } from "../../agent/agent.ts";
import { askSession } from "../../agent/session.ts";
import { ago, time } from "../../parts/figures.ts";
import { List } from "../../parts/list/list.tsx";
import type { Column } from "../../parts/list/list.tsx";
import type { RowAction } from "../../parts/list/row-actions.tsx";
import { useCall } from "../../parts/use-call.ts";
import { language, say } from "../../words/say.ts";
import { words } from "../../words/users.ts";
import { browserName } from "./browser-name.ts";

type OpenSession = ResultOf<"sessions.list">["sessions"][number];

export function SessionList() {
  const { answer, failure, ask } = useCall("sessions.list", {});
  const lang = language.value;
  const columns = useMemo(columnsOf, [lang]);
  const actions = useMemo((): RowAction<OpenSession>[] => [end(ask)], [lang, ask]);
  return <List label={say(words.sessions)} fileName="sessions" rows={answer?.sessions} failure={failure} retry={ask} keyOf={({ id }) => String(id)} nameOf={({ user, address }) => `${user}, ${address}`} columns={columns} actions={actions} sortedBy="-seen" empty={{ title: say(words.emptySessions) }} />;
}

function columnsOf(): Column<OpenSession>[] {
  return [
    { id: "user", label: say(words.user), value: ({ user }) => user, show: ({ user, isCurrent }) => (isCurrent ? <>{user} <span class="badge calm">{say(words.thisOne)}</span></> : user) },
    { id: "address", label: say(words.address), value: ({ address }) => address },
    { id: "browser", label: say(words.browser), value: ({ browser }) => browser, show: ({ browser }) => <span title={browser}>{browserName(browser)}</span>, isWide: true },
    { id: "seen", label: say(words.seen), value: ({ seenMs }) => seenMs, show: ({ seenMs }) => ago(seenMs) },
    { id: "created", label: say(words.login), value: ({ createdMs }) => createdMs, show: ({ createdMs }) => time(createdMs), isWideOnly: true },
    { id: "ends", label: say(words.ends), value: ({ endsMs }) => endsMs, show: ({ endsMs }) => ago(endsMs), isWideOnly: true },
  ];
}

function end(ask: () => void): RowAction<OpenSession> {
  return {
    id: "end",
    label: say(words.endSession),
    icon: "close",
    role: "viewer",
    isDanger: true,
    isBulk: true,
    effect: () => say(words.endSessionEffect),
    async run(rows) {
      try {
        // The one this page uses goes last: after it nothing more could be asked.
        for (const { id } of [...rows].sort((one, other) => Number(one.isCurrent) - Number(other.isCurrent))) await call("sessions.remove", { id });
      } finally {
        if (rows.some(({ isCurrent }) => isCurrent)) await askSession();
        else ask();
      }
    },
  };
}
