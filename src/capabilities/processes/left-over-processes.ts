// Ends what an agent that was killed has left running, before anything is started: two of one program would else work at a time. What those had printed last is read first.
import { endAllLeftOvers, endLeftOvers, findLeftOvers } from "#base/child/left-overs.ts";
import type { LeftOver } from "#base/child/left-overs.ts";
import type { ChildRecords } from "#base/child/child-records.ts";
import type { Log } from "#sdk/plugin.ts";
import type { Flows } from "./flows/flows.ts";

export interface LeftOverParts {
  readonly markPrefix: string;
  /** What the mark of whoever held an agent's pipes begins with, and that of this agent's own. */
  readonly holderPrefix: string;
  readonly holderMark: string;
  /** Of systems where marks cannot be read. */
  readonly records: ChildRecords;
  readonly flows: Flows;
  readonly log: Log;
}

export async function endLeftOverProcesses({ markPrefix, holderPrefix, holderMark, records, flows, log }: LeftOverParts): Promise<void> {
  const [left, holders] = await Promise.all([findLeftOvers(markPrefix, records.left), findLeftOvers(holderPrefix)]); // One look at the system for both.
  // They stand still while that is read: were this agent killed now, too, the pipes would still be theirs, with all that is in them.
  signalAll(left, "SIGSTOP");
  const salvage = await flows.salvage();
  signalAll(left, "SIGCONT");
  const stuck = await endAllLeftOvers(left, () => findLeftOvers(markPrefix, records.left), (found, pids) => log.warn("an agent before was killed and has left processes running; they are ended", { processes: found.map(({ root }) => root.mark.slice(markPrefix.length)), pids }));
  if (0 < stuck.length) log.error("processes of the agent before cannot be ended", { pids: stuck, hint: "They may belong to another user: end them by hand." });
  await salvage.finish();
  await endLeftOvers(holders.filter(({ root }) => root.mark !== holderMark), { signal: "SIGKILL", waitMs: 0 });
  for (const { pid } of records.left) records.remove(pid);
}

function signalAll(left: readonly LeftOver[], signal: "SIGSTOP" | "SIGCONT"): void {
  if (process.platform === "win32") return;
  for (const pid of left.flatMap(({ pids }) => pids)) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended meanwhile, or belongs to another user: then it is read as it goes on.
    }
  }
}
