// How far the input of a pipeline has read the files it follows, as it would go on after a restart: from the pipeline's position file, beside the agent
// that writes it.
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { JsonValue } from "#base/json.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import { readCommitted } from "#kernel/position-store.ts";

export interface FilePosition {
  readonly path: string;
  /** Bytes that were read and settled; of a compressed file, of what it holds. */
  readonly offset: number;
  /** When something of it was last given on. */
  readonly atMs: number;
  /** undefined: it is gone. */
  readonly bytes?: number;
  /** Bytes that are still to be read; undefined: it is gone, or compressed. */
  readonly lagBytes?: number;
}

const FILES_MAX = 100;
const COMPRESSED = /\.(?:gz|zst|bz2|xz|br)$/i;

/** Those read last come first; `hasMore`: there are others. undefined: there is no such pipeline. */
export async function filePositions({ pipelines, dataDir }: AgentPlan, name: string): Promise<{ readonly positions: readonly FilePosition[]; readonly hasMore: boolean } | undefined> {
  const plan = pipelines.find((each) => each.name === name);
  if (plan === undefined) return undefined;
  const committed = readCommitted({ dir: plan.positionsDir ?? join(dataDir, "positions"), name });
  const known = [...committed].flatMap(([key, value]) => (key.startsWith("file:") ? (positionOf(value) ?? []) : [])).sort((one, other) => other.atMs - one.atMs);
  return { positions: await Promise.all(known.slice(0, FILES_MAX).map(withLag)), hasMore: FILES_MAX < known.length };
}

/** Not what the input of another version may have left. */
function positionOf(value: JsonValue): FilePosition | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { path, offset, at } = value as { readonly [key: string]: JsonValue };
  return typeof path === "string" && typeof offset === "number" && typeof at === "number" ? { path, offset, atMs: at } : undefined;
}

async function withLag(position: FilePosition): Promise<FilePosition> {
  const bytes = await stat(position.path).then(({ size }) => size, () => undefined);
  if (bytes === undefined) return position;
  // Shorter than what was read: it was emptied, and will be read from its start.
  const lagBytes = bytes < position.offset ? bytes : bytes - position.offset;
  return { ...position, bytes, ...(COMPRESSED.test(position.path) ? {} : { lagBytes }) };
}
