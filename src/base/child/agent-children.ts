// The children that a thread of the agent starts for its steps. Each carries the agent's mark and stands in a file, so that the agent that comes after one
// that was killed finds them and ends them. The file is made before the first of them is started, and goes with a thread that has ended in order.
import { rmSync } from "node:fs";
import { uniqueId } from "../unique-id.ts";
import { ChildRecords } from "./child-records.ts";
import type { ChildSpec, ChildTree } from "./child-tree.ts";
import { startChild } from "./start-child.ts";

export interface ChildKeeping {
  /** Of this run of the agent alone. */
  readonly markPrefix: string;
  readonly file: string;
  readonly onFault: (fault: Error) => void;
}

let keeping: (() => ChildKeeping) | undefined;
let kept: { readonly markPrefix: string; readonly file: string; readonly records: ChildRecords } | undefined;

/** Of this thread, from here on. `how` is asked when the first child is started: most agents have none. */
export function keepAgentChildren(how: () => ChildKeeping): void {
  keeping = how;
}

/**
 * A program that clears its environment is known by its record alone: killed in the moment between its start and that, the agent leaves it to nobody.
 * `what` stands in the mark, for who reads it. Where no agent runs (under `dure test`, say) the mark is of this child alone.
 */
export function startAgentChild(spec: Omit<ChildSpec, "mark">, what: string): ChildTree {
  if (kept === undefined && keeping !== undefined) {
    const { markPrefix, file, onFault } = keeping();
    kept = { markPrefix, file, records: new ChildRecords(file, onFault) };
  }
  const mark = `${kept?.markPrefix ?? ""}${what}/${uniqueId()}`;
  const child = startChild({ ...spec, mark });
  const { pid } = child;
  const records = kept?.records;
  if (pid !== undefined && records !== undefined) {
    records.add({ pid, mark });
    void child.ended.then(() => records.remove(pid));
  }
  return child;
}

/** All have ended. */
export function forgetAgentChildren(): void {
  if (kept === undefined) return;
  kept.records.close();
  rmSync(kept.file, { force: true });
  kept = undefined;
}
