// The last events that went into and came out of processes, asked again every two seconds while one looks and does not hold what moves.
import { useEffect, useMemo } from "preact/hooks";
import type { ResultOf } from "#edges/all-commands.ts";
import { isHeld } from "../../agent/agent.ts";
import { may } from "../../agent/session.ts";
import { clock, time } from "../../parts/figures.ts";
import { List } from "../../parts/list/list.tsx";
import type { Column } from "../../parts/list/list.tsx";
import { withoutStyles } from "../../parts/text/ansi.ts";
import { unturned } from "../../parts/unturned.ts";
import { useCall } from "../../parts/use-call.ts";
import { words } from "../../words/flows.ts";
import { words as frameWords } from "../../words/frame.ts";
import { language, say } from "../../words/say.ts";

type Movement = ResultOf<"processes.movements">["movements"][number] & { readonly number: number };

const AGAIN_MS = 2000;
const SHOWN_MAX = 200;
const LETTERS_MAX = 400;

export function Movements() {
  const lang = language.value;
  const { answer, failure, ask } = useCall("processes.movements", may("operator") ? { limit: SHOWN_MAX } : undefined);
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && !isHeld.peek() && ask(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [ask]);
  const rows = useMemo(() => answer?.movements.map((each, number): Movement => ({ ...each, number })).toReversed(), [answer]);
  const columns = useMemo(columnsOf, [lang]);
  const filters = useMemo(
    () => [
      {
        id: "direction",
        label: say(words.direction),
        options: Object.entries(directions).map(([value, text]) => ({ value, label: say(text) })),
        fits: ({ direction }: Movement, value: string) => direction === value,
      },
    ],
    [lang],
  );
  if (!may("operator")) return <p>{say(words.movementsFor)} {say(frameWords.needsRole, { role: say(frameWords.operator) })}</p>;
  return (
    <>
      <p class="dim">{say(words.movementsText)}</p>
      <List label={say(words.movements)} fileName="movements" rows={rows} failure={failure} retry={ask} keyOf={({ number }) => String(number)} nameOf={({ text }) => text} columns={columns} filters={filters} empty={{ title: say(words.noMovements) }} />
    </>
  );
}

const directions = { "stdin -> task": words.intoIt, "task -> stdout": words.outOfIt, "task -> stderr": words.itSaid } as const;

function columnsOf(): Column<Movement>[] {
  return [
    { id: "at", label: say(words.at), value: ({ atMs }) => atMs, isSortable: false, show: ({ atMs }) => <time title={time(atMs, { isWhole: true })}>{clock(atMs)}</time> },
    { id: "process", label: say(words.process), value: ({ process }) => process, isSortable: false, show: ({ process }) => <a href={`/processes/${encodeURIComponent(process)}`}>{process}</a> },
    { id: "direction", label: say(words.direction), value: ({ direction }) => say(directions[direction]), isSortable: false, show: ({ direction }) => <span class="state">{say(directions[direction])}</span> },
    { id: "event", label: say(words.event), isWide: true, isSortable: false, value: ({ text }) => text, show: ({ text }) => <span class="movement-text">{unturned(withoutStyles(text.length <= LETTERS_MAX ? text : `${text.slice(0, LETTERS_MAX)}…`))}</span> },
  ];
}
