// Processes that are started and stopped together: how many of a group run, and what can be done with all of them at once.
import { useEffect, useMemo, useState } from "preact/hooks";
import type { ResultOf } from "#edges/all-commands.ts";
import { call } from "../../agent/agent.ts";
import { may } from "../../agent/session.ts";
import { Icon } from "../../parts/icon.tsx";
import type { IconName } from "../../parts/icon.tsx";
import { List } from "../../parts/list/list.tsx";
import type { Column } from "../../parts/list/list.tsx";
import { removal } from "../../parts/list/removal.ts";
import type { RowAction } from "../../parts/list/row-actions.tsx";
import { tellDone, tellFailure } from "../../parts/notices.ts";
import { StateMark } from "../../parts/state-mark.tsx";
import { useCall } from "../../parts/use-call.ts";
import { processes } from "../../processes/look.ts";
import type { ProcessStatus } from "../../processes/look.ts";
import { isTroubled, processMood } from "../../processes/mood.ts";
import { hrefWith } from "../../route.ts";
import { words as frameWords } from "../../words/frame.ts";
import { words } from "../../words/groups.ts";
import { language, say } from "../../words/say.ts";
import { EditGroup } from "./edit-group.tsx";

export type Group = ResultOf<"groups.list">["groups"][number];

const EXAMPLE = `groups:
  night: [extract, load]

# dure group set night extract load`;

export function GroupList() {
  const lang = language.value;
  const { answer, failure, ask } = useCall("groups.list", {});
  const [edited, setEdited] = useState<Group | "new">();
  const all = processes.value;
  // Whoever else changes groups: the processes, which are watched, tell of theirs.
  const known = all?.map(({ name, groups }) => `${name} ${groups.join(" ")}`).join("\n");
  useEffect(ask, [known]);
  const columns = useMemo(() => columnsOf(all ?? []), [lang, all]);
  const actions = useMemo(() => [act("start", "play"), act("stop", "stop"), act("restart", "reload"), editing(setEdited), removal<Group>({ label: words.remove, effect: words.removeEffect, done: words.removed, nameOf: ({ name }) => name, remove: ({ name }) => call("groups.remove", { name }), ask })], [lang, ask]);
  const isAllowed = may("admin");
  return (
    <>
      <List label={say(words.groups)} fileName="groups" rows={answer?.groups} failure={failure} retry={ask} keyOf={({ name }) => name} columns={columns} actions={actions} prefix="group-" hrefOf={({ name }) => hrefWith({ tab: undefined, group: name })} empty={{ title: say(words.emptyTitle), text: say(words.emptyText), example: EXAMPLE }}>
        <button type="button" class="button main" aria-disabled={!isAllowed} title={isAllowed ? undefined : say(frameWords.needsRole, { role: say(frameWords.admin) })} onClick={() => isAllowed && setEdited("new")}>
          <Icon name="plus" /> {say(words.add)}
        </button>
      </List>
      {edited !== undefined && <EditGroup group={edited === "new" ? undefined : edited} close={() => setEdited(undefined)} made={ask} />}
    </>
  );
}

function columnsOf(all: readonly ProcessStatus[]): Column<Group>[] {
  const membersOf = ({ processes: names }: Group): ProcessStatus[] => all.filter(({ name }) => names.includes(name));
  const running = (group: Group): number => membersOf(group).filter(({ state }) => state === "running" || state === "unhealthy").length;
  const troubled = (group: Group): number => membersOf(group).filter(isTroubled).length;
  return [
    { id: "name", label: say(words.name), value: ({ name }) => name },
    {
      id: "running",
      label: say(words.running),
      value: running,
      show: (group) => (
        <>
          {say(words.ofAll, { count: running(group), all: group.processes.length })} {troubled(group) > 0 && <span class="state warn">▲ {say(words.troubled, { count: troubled(group) })}</span>}
        </>
      ),
    },
    {
      id: "members",
      label: say(words.members),
      isWide: true,
      value: ({ processes: names }) => names.join(" "),
      show: ({ processes: names }) => (
        <span class="chips">
          {names.map((name) => (
            <Member key={name} name={name} process={all.find((each) => each.name === name)} />
          ))}
        </span>
      ),
    },
  ];
}

function Member({ name, process }: { readonly name: string; readonly process: ProcessStatus | undefined }) {
  const mood = process === undefined ? undefined : processMood(process);
  return (
    <a class="chip" href={`/processes/${encodeURIComponent(name)}`} title={mood === undefined ? undefined : say(mood.label)}>
      {mood !== undefined && (
        <span class={`state ${mood.tone}`}>
          <StateMark mood={mood} />
        </span>
      )}
      {name}
    </a>
  );
}

function act(verb: "start" | "stop" | "restart", icon: IconName): RowAction<Group> {
  const { label, effect, done } = { start: { label: words.start, effect: words.startEffect, done: words.started }, stop: { label: words.stop, effect: words.stopEffect, done: words.stopped }, restart: { label: words.restart, effect: words.restartEffect, done: words.restarted } }[verb];
  return {
    id: verb,
    label: say(label),
    icon,
    role: "operator",
    isBulk: true,
    effect: (rows) => say(effect, { names: [...new Set(rows.flatMap((row) => row.processes))].join(", ") }),
    async run(rows) {
      for (const { name } of rows) {
        try {
          await call(`groups.${verb}`, { name });
          tellDone(say(done, { name }));
        } catch (failure) {
          tellFailure(failure);
        }
      }
    },
  };
}

function editing(edit: (group: Group) => void): RowAction<Group> {
  return { id: "edit", label: say(words.edit), icon: "config", role: "admin", run: ([row]) => void (row !== undefined && edit(row)) };
}
