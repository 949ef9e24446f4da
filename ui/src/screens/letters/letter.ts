// One batch that no output would take, and what is done with such.
import type { ResultOf } from "#edges/all-commands.ts";
import { call } from "../../agent/agent.ts";
import type { RowAction } from "../../parts/list/row-actions.tsx";
import { tellDone, tellFailure } from "../../parts/notices.ts";
import { CallFailure } from "../../agent/failure.ts";
import { words } from "../../words/letters.ts";
import { language, say } from "../../words/say.ts";

export type Letter = ResultOf<"dead-letters.list">["letters"][number];

/** Ids have a slash. */
export function hrefOfLetter(id: string): string {
  return `/dead-letters/${id.split("/").map(encodeURIComponent).join("/")}`;
}

/** `done` after each of them, whatever became of it. */
export function letterActions(done: () => void): RowAction<Letter>[] {
  const countsOf = (letters: readonly Letter[]) => ({ count: letters.length, records: letters.reduce((sum, { records }) => sum + records, 0) });
  return [
    {
      id: "replay",
      label: say(words.replay),
      icon: "reload",
      role: "operator",
      isBulk: true,
      fits: ({ isDamaged }) => !isDamaged,
      effect: (letters) => say(words.replayEffect, countsOf(letters)),
      async run(letters) {
        try {
          tell(await call("dead-letters.replay", { ids: letters.map(({ id }) => id) }));
        } finally {
          done();
        }
      },
    },
    {
      id: "remove",
      label: say(words.remove),
      icon: "trash",
      role: "operator",
      isDanger: true,
      isBulk: true,
      effect: (letters) => say(words.removeEffect, countsOf(letters)),
      async run(letters) {
        try {
          for (const { id } of letters) await call("dead-letters.remove", { id });
          tellDone(say(words.removed, { count: letters.length }));
        } finally {
          done();
        }
      },
    },
  ];
}

function tell({ replayed, refusedAgain, left, damaged, problems }: ResultOf<"dead-letters.replay">): void {
  if (refusedAgain + left + damaged === 0) return tellDone(say(words.replayed, { replayed }));
  const [first] = problems;
  const why = (language.value === "ko" ? first?.ko : undefined) ?? first?.message ?? "";
  tellFailure(new CallFailure({ code: "CONFLICT", message: say(words.replayStays, { replayed, refused: refusedAgain, left, damaged, why }) }));
}
