// What is done with jobs, one or many: said with its number before it is done.
import type { RowAction } from "../parts/list/row-actions.tsx";
import { tellDone } from "../parts/notices.ts";
import { words } from "../words/jobs.ts";
import { say } from "../words/say.ts";
import { jobs } from "./ask.ts";
import { isOver } from "./job.ts";
import type { JobRow } from "./job.ts";

/** So many ids go in one call. */
const IDS_MAX = 500;

/** `done` after each of them, whatever became of it. */
export function jobActions(done: () => void): RowAction<JobRow>[] {
  return [
    {
      id: "retry",
      label: say(words.retry),
      icon: "reload",
      role: "operator",
      isBulk: true,
      fits: isOver,
      effect: (rows) => say(words.retryEffect, { count: rows.length }),
      run: (rows) => inParts(rows, (ids) => jobs.retry({ ids }).then(({ length }) => length), (count) => say(words.retried, { count }), done),
    },
    {
      id: "cancel",
      label: say(words.cancel),
      icon: "stop",
      role: "operator",
      isDanger: true,
      isBulk: true,
      fits: (row) => !isOver(row),
      effect: (rows) => say(words.cancelEffect, { count: rows.length }),
      run: (rows) => inParts(rows, (ids) => jobs.cancel({ ids }), (count) => say(words.cancelledCount, { count }), done),
    },
    {
      id: "forget",
      label: say(words.forget),
      icon: "trash",
      role: "admin",
      isDanger: true,
      isBulk: true,
      fits: isOver,
      effect: (rows) => say(words.forgetEffect, { count: rows.length }),
      run: (rows) => inParts(rows, (ids) => jobs.forget({ ids }), (count) => say(words.forgotten, { count }), done),
    },
  ];
}

/** What was done is said, also when a later part of it fails. */
export async function inParts(rows: readonly Pick<JobRow, "id">[], act: (ids: readonly string[]) => Promise<number>, told: (count: number) => string, done: () => void): Promise<void> {
  let count = 0;
  try {
    for (let from = 0; from < rows.length; from += IDS_MAX) count += await act(rows.slice(from, from + IDS_MAX).map(({ id }) => id));
  } finally {
    if (count > 0 || rows.length === 0) tellDone(told(count));
    done();
  }
}
