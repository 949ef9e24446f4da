// A pipeline as boxes and the ways between them. It is a tree: what splits never comes together again. Every format is drawn from this.
import type { JsonValue } from "#base/json.ts";
import { say } from "#base/lang.ts";
import type { PipelinePlan, StepPlan } from "#kernel/config/plan.ts";
import { redacted } from "#kernel/redact.ts";
import type { LookRow, StepRow } from "../look-table.ts";

export interface GraphNode {
  /** As in `dure tap`: "3", "3.1". */
  readonly id: string;
  readonly title: string;
  /** What tells it from others of its kind: a path, an address, an expression. */
  readonly about: string;
  /** Buffers are where records may wait. */
  readonly shape: "step" | "buffer";
  /** Of a running agent: what comes to it. */
  readonly live?: StepRow;
  readonly links: GraphLink[];
}

export interface GraphLink {
  readonly to: GraphNode;
  readonly label: string;
  /** Nothing goes this way while the ways before it are well. */
  readonly isDashed: boolean;
}

export interface PipelineGraph {
  readonly name: string;
  readonly first: GraphNode | undefined;
  /** Of a running agent. */
  readonly live?: LookRow;
}

/** Steps that no record leaves by the chain: outputs, but not those whose result goes on as the stream. */
type IsEnd = (plugin: string) => boolean;
/** The option of a plugin that a bare value stands for. */
type ShorthandOf = (plugin: string) => string | undefined;

export interface PluginFacts {
  readonly isEnd: IsEnd;
  readonly shorthandOf: ShorthandOf;
}

const TEXT_LENGTH_MAX = 300;
/** Which options say most about a step, where its plugin has no shorthand. */
const TELLING = ["path", "paths", "url", "host", "hosts", "port", "topic", "queue", "table", "measurement", "bucket", "pattern", "fields"];

export function pipelineGraph({ name, steps }: PipelinePlan, facts: PluginFacts): PipelineGraph {
  return { name, first: chainOf(steps, facts)?.to };
}

/** Steps one after another: an output takes a copy and the chain goes on beside it; a route passes on what fits none of its branches. */
function chainOf(steps: readonly StepPlan[], facts: PluginFacts): GraphLink | undefined {
  let first: GraphLink | undefined;
  let from: GraphNode | undefined;
  let label = "";
  for (const step of steps) {
    const link: GraphLink = { to: nodeOf(step, facts), label, isDashed: false };
    first ??= link;
    from?.links.push(link);
    if (from !== undefined && isEnd(step, facts)) continue;
    from = link.to;
    label = step.type === "route" ? say({ en: "the rest", ko: "나머지" }) : "";
  }
  return first;
}

function isEnd(step: StepPlan, facts: PluginFacts): boolean {
  return step.type === "failover" || (step.type === "plugin" && facts.isEnd(step.plugin));
}

function nodeOf(step: StepPlan, facts: PluginFacts): GraphNode {
  const node = (title: string, about = "", links: GraphLink[] = []): GraphNode => ({ id: step.id, title, about: oneLine(about), shape: title.startsWith("buffer.") ? "buffer" : "step", links });
  switch (step.type) {
    case "plugin":
      return node(step.plugin, aboutOf(step.options, facts.shorthandOf(step.plugin)));
    case "sleep":
      return node("sleep", `${step.ms / 1000}s`);
    case "failover":
      return node("failover", step.startBy, [
        // Only `ordered` prefers the first; which one the others prefer shows when they run.
        ...step.outputs.map((output, index) => ({ to: nodeOf(output, facts), label: String(index + 1), isDashed: step.startBy === "ordered" && 0 < index })),
        ...(step.last === undefined ? [] : [{ to: nodeOf(step.last, facts), label: say({ en: "last", ko: "최후" }), isDashed: true }]),
      ]);
    case "route":
      return node(
        "route",
        "",
        step.branches.flatMap(({ when, isContinued, steps }) => {
          const link = chainOf(steps, facts);
          const condition = when === undefined ? say({ en: "all others", ko: "그 밖의 모두" }) : oneLine(when);
          return link === undefined ? [] : [{ ...link, label: isContinued ? `${say({ en: "a copy", ko: "사본" })}: ${condition}` : condition }];
        }),
      );
  }
}

function aboutOf(options: JsonValue, shorthand: string | undefined): string {
  if (typeof options !== "object" || options === null || Array.isArray(options)) return "";
  const shown = redacted(options) as Readonly<Record<string, JsonValue>>; // No secret, and no password of an address.
  const { host, port } = shown;
  if ((shorthand === undefined || shorthand === "host") && typeof host === "string") return typeof port === "number" ? `${host}:${port}` : host;
  for (const name of shorthand === undefined ? TELLING : [shorthand, ...TELLING]) {
    const value = shown[name];
    if (typeof value === "string" && value !== "") return withoutTokens(name, value);
    if (typeof value === "number" && TELLING.includes(name)) return String(value); // Others are bytes or milliseconds.
    if (Array.isArray(value) && 0 < value.length && value.every((item) => typeof item === "string")) return value.map((item) => withoutTokens(name, item)).join(", ");
  }
  return "";
}

/** Drawings go into documents: paths of addresses and arguments of commands may hold what should not. */
function withoutTokens(name: string, value: string): string {
  if (name === "command" || name === "cmd") return value.trim().split(/\s/)[0] ?? "";
  return value.replace(/^([a-z][a-z0-9+.-]*:\/\/)(?:[^\s/@]*@)?([^\s/?#]*).*$/is, "$1$2");
}

/** On one line, and no whole script. */
function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= TEXT_LENGTH_MAX ? line : `${line.slice(0, TEXT_LENGTH_MAX)}...`;
}
