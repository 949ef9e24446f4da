// How much came to each step over the last minute, for the small lines in its boxes.
import { useRef } from "preact/hooks";
import type { LiveNode } from "../../pipelines/graph.ts";

const KEPT_MAX = 60;

export function useTrends(atMs: number | undefined, live: ReadonlyMap<string, LiveNode>): ReadonlyMap<string, readonly number[]> {
  const kept = useRef<{ atMs: number; trends: Map<string, number[]> }>({ atMs: 0, trends: new Map() });
  if (atMs !== undefined && kept.current.atMs < atMs) {
    kept.current.atMs = atMs;
    for (const [id, { perSecond }] of live) {
      if (perSecond === undefined) continue;
      const trend = kept.current.trends.get(id) ?? [];
      trend.push(perSecond);
      if (KEPT_MAX < trend.length) trend.shift();
      kept.current.trends.set(id, trend);
    }
  }
  return kept.current.trends;
}
