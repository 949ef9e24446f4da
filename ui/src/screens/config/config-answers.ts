// What the agent says of configs.
import type { ResultOf } from "#edges/all-commands.ts";
import type { ChangedLine } from "../../difference/line-difference.ts";

export type ShownConfig = ResultOf<"config.show">;
export type Checked = ResultOf<"config.check">;
export type Problem = Checked["problems"][number];
export type NamedGraph = Checked["pipelines"][number];
export type Planned = ResultOf<"config.plan">;
export type LineDiff = Planned["diff"];
export type Revision = ResultOf<"config.history">["revisions"][number];

/** What a CONFLICT brings when somebody else changed the file. */
export interface ChangedMeanwhile {
  readonly reason: "changed";
  readonly hash?: string;
  readonly text?: string;
}

const changes = { same: "same", added: "in", removed: "out" } as const;

/** The agent's hunks as lines with their numbers; undefined stands between them. */
export function linesOfDiff({ hunks }: LineDiff): (ChangedLine | undefined)[] {
  return hunks.flatMap(({ fromLine, toLine, lines }) => {
    let before = fromLine;
    let after = toLine;
    const shown = lines.map(({ is, text }): ChangedLine => ({ change: changes[is], text, ...(is === "added" ? {} : { before: before++ }), ...(is === "removed" ? {} : { after: after++ }) }));
    return [...(fromLine === 1 ? [] : [undefined]), ...shown];
  });
}
