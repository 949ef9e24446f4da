// What a pipeline hands, open, to the one that takes its place: the nodes whose steps say the same in both plans. An input that listens
// goes on listening, an output keeps its connection, a buffer in memory what it holds.
import type { ChunkPool } from "#dataplane/memory.ts";
import type { PipelinePlan, StepPlan } from "#kernel/config/plan.ts";
import { placesOf } from "#kernel/config/step-places.ts";
import type { StepPlace } from "#kernel/config/step-places.ts";
import type { PositionStore } from "#kernel/position-store.ts";
import type { Input, Log, OpenBuffer, Output, Transform } from "#sdk/plugin.ts";
import { buffersOf } from "./segment.ts";
import type { Front, SegmentParts } from "./segment.ts";

export type OpenNode =
  | { readonly type: "input"; readonly input: Input; readonly front?: Front }
  | { readonly type: "buffer"; readonly input: OpenBuffer; readonly front?: Front }
  | { readonly type: "transform"; readonly transform: Transform }
  | { readonly type: "output"; readonly output: Output };

/** By what their steps say (stepKeys). */
export type OpenNodes = ReadonlyMap<string, OpenNode>;

/** All that outlives a pipeline of which everything that was read is written and committed. */
export interface Kept {
  readonly store: PositionStore;
  readonly pool: ChunkPool;
  readonly nodes: OpenNodes;
}

/**
 * What makes a step the same step, by id: its place, its plugin with its options and code, and its number among those of its kind. Of
 * steps in branches also which records reach them: what a branch's buffer holds must not end in another branch. How often an output is
 * tried again is not the output's own.
 */
export function stepKeys({ steps }: PipelinePlan): Map<string, string> {
  const places = placesOf(steps);
  const keys = new Map<string, string>();
  const visit = (step: StepPlan, around: readonly unknown[]): void => {
    if (step.type === "route") {
      const conditions = step.branches.map(({ when, isContinued }) => [when ?? null, isContinued]);
      for (const branch of step.branches) for (const inside of branch.steps) visit(inside, [...around, conditions]);
    } else if (step.type !== "sleep") keys.set(step.id, JSON.stringify([around, said(step, places)]));
  };
  for (const step of steps) visit(step, []);
  return keys;
}

function said(step: StepPlan, places: ReadonlyMap<string, StepPlace>): unknown {
  if (step.type === "plugin") return [step.id, places.get(step.id)?.nth, step.plugin, step.code ?? null, sorted(step.options)];
  if (step.type !== "failover") return [step.id];
  const { id, outputs, last, startBy, recheckMs } = step;
  return [id, startBy, recheckMs, outputs.map((output) => said(output, places)), last === undefined ? null : said(last, places)];
}

/** The same options written in another order are the same. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)).map(([name, inner]) => [name, sorted(inner)]);
}

/** What `staying` asks of a segment. */
export interface KeyedSegment extends Pick<SegmentParts, "input" | "nodes" | "buffer"> {
  /** Of its input. */
  readonly key: string;
  /** Of its outputs, those in branches too. */
  readonly outputKeys: readonly string[];
}

/**
 * Which segments' inputs stay open. What a buffer in memory holds is not committed: it stays only where what would send that again stays
 * too, or it would come twice; and with the outputs that wrote it already, for it carries what those have to have committed. In a
 * branch it never stays: the delivery of which it holds a part is settled first. Segments stand in the order of the stream.
 */
export function staying(segments: readonly KeyedSegment[], wanted: ReadonlySet<string>): ReadonlySet<Input> {
  const stay = new Set<Input>();
  for (const { key, input } of segments) {
    const before = segments.find((segment) => buffersOf(segment).some((buffer) => buffer === input));
    const isFree = before === undefined || ("isDurable" in input && input.isDurable === true);
    if (wanted.has(key) && (isFree || (before.buffer === input && stay.has(before.input) && before.outputKeys.every((output) => wanted.has(output))))) stay.add(input);
  }
  return stay;
}

export async function closeNode(node: OpenNode, log: Log): Promise<void> {
  try {
    if (node.type === "transform") await node.transform.close?.();
    else if (node.type === "output") await node.output.close();
    else await (node.front?.input ?? node.input).close();
  } catch (error) {
    log.warn("a step did not close cleanly", { error });
  }
}
