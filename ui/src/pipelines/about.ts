// What a step is about, on one line. Most say it by what stands in the config; which output a failover begins with is said in words.
import { say } from "../words/say.ts";
import { words } from "../words/pipelines.ts";
import type { GraphNode } from "./graph.ts";

const beginnings = { ordered: words.firstInOrder, random: words.firstAtRandom, ip: words.firstByAddress, tag: words.firstByTag } as const;

export function aboutOf({ kind, about }: Pick<GraphNode, "kind" | "about">): string {
  return kind === "failover" && Object.hasOwn(beginnings, about) ? say(beginnings[about as keyof typeof beginnings]) : about;
}
