// The programs of steps (`in.Exec`, `out.Exec` and their like) that an agent which was killed has left running: ended before the first step of this one starts,
// for two of one program would else work at a time. Each run of the agent has a file for each of its threads; one of another run says that it was killed.
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import { forgetAgentChildren, keepAgentChildren } from "#base/child/agent-children.ts";
import { systemCode } from "#base/errors.ts";
import { sha256 } from "#base/sha256.ts";
import { agentIdOrNew } from "#kernel/store/agent-id.ts";
import type { Log } from "#sdk/plugin.ts";

export interface StepChildren {
  /** What the last agent left is gone; children may be started. */
  begin(): Promise<void>;
  /** All pipelines of this thread have ended. */
  end(): void;
}

/** `run` is of this run of the agent, and the same in all of its threads. Agents with pid files of their own may share a data folder: each ends only what was its own. */
export function stepChildren({ dataDir, pidFile, run, log }: { readonly dataDir: string; readonly pidFile: string; readonly run: string; readonly log: Log }): StepChildren {
  const agent = sha256(pidFile).toString("hex", 0, 6);
  const dir = join(dataDir, "children", agent);
  const agentPrefix = (): string => `${agentIdOrNew(dataDir, log)}/step/${agent}/`;
  return {
    async begin() {
      const files = filesIn(dir).filter((name) => !name.startsWith(`${run}-`)).map((name) => join(dir, name));
      if (0 < files.length) await endLeftOverChildren(files, agentPrefix(), `${agentPrefix()}${run}/`, log);
      keepAgentChildren(() => ({
        markPrefix: `${agentPrefix()}${run}/`,
        file: join(dir, `${run}-${threadId}`),
        onFault: (error) => log.warn("which programs of steps run cannot be recorded", { error }),
      }));
    },
    end: forgetAgentChildren,
  };
}

async function endLeftOverChildren(files: readonly string[], prefix: string, ownPrefix: string, log: Log): Promise<void> {
  // Loaded only after an agent was killed.
  const [{ endAllLeftOvers, findLeftOvers }, { ChildRecords }] = await Promise.all([import("#base/child/left-overs.ts"), import("#base/child/child-records.ts")]);
  const records = files.flatMap((file) => ChildRecords.read(file));
  // Another thread of this agent may have started some already.
  const look = async () => (await findLeftOvers(prefix, records)).filter(({ root }) => !root.mark.startsWith(ownPrefix));
  const stuck = await endAllLeftOvers(await look(), look, (_found, pids) => log.warn("an agent before was killed and has left programs of steps running; they are ended", { pids }));
  if (0 < stuck.length) log.error("programs of the agent before cannot be ended", { pids: stuck, hint: "They may belong to another user: end them by hand." });
  for (const file of files) rmSync(file, { force: true });
}

function filesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}
