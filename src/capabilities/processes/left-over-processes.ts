// Ends what an agent that was killed has left running, before anything is started: two of one program would else work at a time. What those had printed last is read first.
import { endLeftOvers, findLeftOvers } from "#base/child/left-overs.ts";
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

/** They had their time when their agent was killed: what was in hand was not acknowledged, and comes again. */
const END = { signal: "SIGTERM", waitMs: 2000 } as const;

/** One that was being started when the agent was killed has no mark yet, and is found by a later look. */
const LOOKS_MAX = 10;

export async function endLeftOverProcesses({ markPrefix, holderPrefix, holderMark, records, flows, log }: LeftOverParts): Promise<void> {
  const [found, holders] = await Promise.all([findLeftOvers(markPrefix, records.left), findLeftOvers(holderPrefix)]); // One look at the system for both.
  let left = found;
  // They stand still while that is read: were this agent killed now, too, the pipes would still be theirs, with all that is in them.
  signalAll(left, "SIGSTOP");
  const salvage = await flows.salvage();
  signalAll(left, "SIGCONT");
  for (let looks = 1; 0 < left.length && looks <= LOOKS_MAX; looks += 1) {
    const pids = left.flatMap((each) => each.pids);
    log.warn("an agent before was killed and has left processes running; they are ended", { processes: left.map(({ root }) => root.mark.slice(markPrefix.length)), pids });
    const stuck = await endLeftOvers(left, END);
    if (0 < stuck.length) {
      log.error("processes of the agent before cannot be ended", { pids: stuck, hint: "They may belong to another user: end them by hand." });
      break;
    }
    left = await findLeftOvers(markPrefix, records.left);
  }
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
