// A pipeline as steps and the ways between them, for every drawing: the command line's, the dashboard's, the editor's. What splits never
// comes together again. Made of a plan alone, so that a running agent needs neither plugins nor schemas for it; nothing secret is in it.
import type { JsonValue } from "#base/json.ts";
import type { Text } from "#base/lang.ts";
import { redacted } from "../redact.ts";
import type { PipelinePlan, Place, StepPlan } from "./plan.ts";

export const KINDS = ["in", "parse", "filter", "buffer", "out", "failover", "route", "sleep"] as const;
export type NodeKind = (typeof KINDS)[number];

export interface GraphNode {
  /** As in `dure tap`: "3", "3.1". */
  readonly id: string;
  /** `in.FileTail`; of what is no plugin's, its kind. */
  readonly plugin: string;
  readonly kind: NodeKind;
  /** What tells it from others of its kind: a path, an address, an expression. */
  readonly about: string;
  /** With defaults; without secrets, and with what came from outside of the file as it is written there: `${env:HOST}`. */
  readonly options: JsonValue;
  readonly place: Place;
}

export interface GraphLink {
  readonly from: string;
  readonly to: string;
  readonly label: Text;
  /** Nothing goes this way while the ways before it are well. */
  readonly isStandby: boolean;
}

export interface PipelineGraph {
  readonly name: string;
  /** In the order of the config. */
  readonly nodes: readonly GraphNode[];
  readonly links: readonly GraphLink[];
}

const TEXT_LENGTH_MAX = 300;
/** Which options say most about a step, where its plugin has no shorthand. */
const TELLING = ["path", "paths", "url", "host", "hosts", "port", "topic", "queue", "table", "measurement", "bucket", "pattern", "fields"];
const NO_LABEL: Text = { en: "", ko: "" };

export function pipelineGraph({ name, steps }: PipelinePlan): PipelineGraph {
  const nodes: GraphNode[] = [];
  const links: GraphLink[] = [];
  draw(steps, { nodes, links });
  return { name, nodes, links };
}

interface Sheet {
  readonly nodes: GraphNode[];
  readonly links: GraphLink[];
}

/** Steps one after another: an output takes a copy and the chain goes on beside it; a route passes on what fits none of its branches. */
function draw(steps: readonly StepPlan[], sheet: Sheet, cameBy?: Omit<GraphLink, "to">): void {
  let way = cameBy;
  for (const step of steps) {
    if (way !== undefined) sheet.links.push({ ...way, to: step.id });
    sheet.nodes.push(nodeOf(step));
    drawInside(step, sheet);
    if (way !== undefined && isEnd(step)) continue;
    way = { from: step.id, label: step.type === "route" ? { en: "the rest", ko: "나머지" } : NO_LABEL, isStandby: false };
  }
}

/** Steps that no record leaves by the chain: outputs, but not those whose result goes on as the stream. */
function isEnd(step: StepPlan): boolean {
  return step.type === "failover" || (step.type === "plugin" && step.plugin.startsWith("out.") && step.isStream !== true);
}

function drawInside(step: StepPlan, sheet: Sheet): void {
  const from = step.id;
  if (step.type === "failover") {
    // Only `ordered` prefers the first; which one the others prefer shows when they run.
    for (const [index, output] of step.outputs.entries()) draw([output], sheet, { from, label: same(String(index + 1)), isStandby: step.startBy === "ordered" && 0 < index });
    if (step.last !== undefined) draw([step.last], sheet, { from, label: { en: "last", ko: "최후" }, isStandby: true });
  } else if (step.type === "route") {
    for (const { when, isContinued, steps } of step.branches) {
      const condition = when === undefined ? { en: "all others", ko: "그 밖의 모두" } : same(oneLine(when));
      draw(steps, sheet, { from, label: isContinued ? { en: `a copy: ${condition.en}`, ko: `사본: ${condition.ko}` } : condition, isStandby: false });
    }
  }
}

function nodeOf(step: StepPlan): GraphNode {
  const { id, place, type } = step;
  switch (type) {
    case "plugin": {
      // No secret, and no password of an address.
      const options = redacted(step.shown ?? step.options);
      return { id, plugin: step.plugin, kind: kindOf(step.plugin), about: oneLine(aboutOf(options, step.shorthand)), options, place };
    }
    case "sleep":
      return { id, plugin: type, kind: type, about: `${step.ms / 1000}s`, options: { ms: step.ms }, place };
    case "failover":
      return { id, plugin: type, kind: type, about: step.startBy, options: { start_by: step.startBy, recheck: step.recheckMs }, place };
    case "route":
      return { id, plugin: type, kind: type, about: "", options: { branches: step.branches.map(({ when = null, isContinued }) => ({ when, isContinued })) }, place };
  }
}

/** Also of one that is only a sketch: `failover`, or a name that nobody knows. */
function kindOf(plugin: string): NodeKind {
  const kind = plugin.split(".")[0] ?? "";
  return KINDS.find((known) => known === kind) ?? "filter";
}

function aboutOf(options: JsonValue, shorthand: string | undefined): string {
  if (typeof options !== "object" || options === null || Array.isArray(options)) return "";
  const shown = options as Readonly<Record<string, JsonValue>>;
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

function same(text: string): Text {
  return { en: text, ko: text };
}
