// Whether the steps fit together: what may stand where.
import { resolve } from "node:path";
import type { PluginKind } from "#sdk/plugin.ts";
import type { StepPlan } from "./plan.ts";
import type { Problems } from "./problem.ts";
import type { Span } from "./source.ts";

/** What a step is to its neighbours. `unknown`: it could not be read; what is wrong with it has been said. */
export type Role = "input" | "transform" | "gathering" | "buffer" | "output" | "sleep" | "unknown";

export interface Placed {
  readonly role: Role;
  readonly name: string;
  readonly span: Span;
  /** The outputs of a failover, with `last`. */
  readonly outputs?: readonly Placed[];
  /** Of a route. */
  readonly branches?: readonly PlacedBranch[];
}

export interface PlacedBranch {
  readonly span: Span;
  /** Nothing is left behind it. */
  readonly takesAll: boolean;
  readonly steps: readonly Placed[];
}

export interface PlacedPipeline {
  readonly name: string;
  readonly span: Span;
  readonly steps: readonly Placed[];
}

export function roleOf(plugin: { readonly kind: PluginKind; readonly isTransform?: boolean; readonly isGathering?: boolean }): Role {
  if (plugin.kind === "in") return "input";
  if (plugin.isGathering === true) return "gathering";
  if (plugin.kind === "buffer") return "buffer";
  return plugin.kind === "out" && plugin.isTransform !== true ? "output" : "transform";
}

/** What a step with a name nobody knows was probably meant to be. */
export function roleOfName(name: string): Role {
  const kind = name.slice(0, name.indexOf("."));
  if (kind === "in") return "input";
  if (kind === "parse" || kind === "filter") return "transform";
  return kind === "buffer" ? "buffer" : "unknown";
}

export function checkTopology(pipeline: PlacedPipeline, problems: Problems): void {
  const { steps } = pipeline;
  if (steps.length === 0) {
    problems.add("DURE305", pipeline.span, {
      text: { en: `the pipeline '${pipeline.name}' has no steps`, ko: `파이프라인 '${pipeline.name}'에 단계가 없습니다` },
      help: { en: "write at least an input and an output", ko: "입력과 출력을 하나씩은 쓰세요" },
    });
    return;
  }
  checkBeginning(steps, problems);
  checkOrder(steps, problems);
  checkEnd(steps, pipeline, problems);
  for (const step of steps) {
    checkFailover(step, problems);
    for (const [index, branch] of (step.branches ?? []).entries()) checkBranch(branch, step.branches?.slice(0, index) ?? [], problems);
  }
}

function checkBranch({ span, steps }: PlacedBranch, before: readonly PlacedBranch[], problems: Problems): void {
  if (before.some((branch) => branch.takesAll)) {
    problems.add("DURE321", span, {
      text: { en: "nothing comes to this branch: one above it takes all", ko: "위의 갈래가 모두 가져가므로 이 갈래로는 아무것도 오지 않습니다" },
      help: { en: "put it above, or give that one a `when` or `continue: true`", ko: "위로 옮기거나, 그 갈래에 `when`이나 `continue: true`를 쓰세요" },
    });
  }
  for (const step of steps) {
    checkFailover(step, problems);
    if (step.role !== "input" && step.role !== "sleep" && step.name !== "route") continue;
    problems.add("DURE320", step.span, {
      text: { en: `'${step.name}' cannot stand in a branch`, ko: `'${step.name}'의 자리는 갈래 안이 아닙니다` },
      help: { en: "a branch takes parsers, filters, a buffer and outputs", ko: "갈래에는 파서, 필터, 버퍼, 출력을 씁니다" },
    });
  }
  checkOrder(steps, problems);
  checkEnd(steps, { name: "", span, steps }, problems);
}

function checkBeginning([first, ...rest]: readonly Placed[], problems: Problems): void {
  if (first !== undefined && first.role !== "input" && first.role !== "unknown") {
    problems.add("DURE301", first.span, {
      text: { en: `the first step must be an input; '${first.name}' is none`, ko: `첫 단계는 입력이어야 하는데 '${first.name}'입니다` },
      help: { en: "begin with a step such as in.FileTail", ko: "in.FileTail 같은 단계로 시작하세요" },
    });
  }
  for (const step of rest) {
    if (step.role !== "input") continue;
    problems.add("DURE302", step.span, {
      text: { en: `the input '${step.name}' must be the first step`, ko: `입력 '${step.name}'의 자리는 첫 단계뿐입니다` },
      help: { en: "make a pipeline of its own for it", ko: "다른 파이프라인으로 나누세요" },
    });
  }
}

function checkOrder(steps: readonly Placed[], problems: Problems): void {
  let output: Placed | undefined;
  let buffer: Placed | undefined;
  for (const step of steps) {
    if (output !== undefined && (step.role === "transform" || step.role === "gathering" || step.role === "buffer")) {
      problems.add("DURE304", step.span, {
        text: { en: `nothing flows from '${output.name}' on to '${step.name}'`, ko: `'${output.name}' 뒤의 '${step.name}'에는 아무것도 흐르지 않습니다` },
        help: { en: "put it before the output", ko: "출력 앞으로 옮기세요" },
      });
    }
    if (step.role === "buffer" && buffer !== undefined) {
      problems.add("DURE306", step.span, {
        text: { en: `there is a buffer already: '${buffer.name}'`, ko: `버퍼가 이미 있습니다: '${buffer.name}'` },
        help: { en: "leave one of them out", ko: "하나만 남기세요" },
      });
    }
    // What it holds is kept together with how far its input was read; a buffer cuts batches where its input could not go on.
    if (step.role === "gathering" && buffer !== undefined) {
      problems.add("DURE306", buffer.span, {
        text: { en: `the buffer '${buffer.name}' stands before '${step.name}'`, ko: `'${buffer.name}' 버퍼가 '${step.name}' 단계보다 앞에 있습니다` },
        help: { en: `put it behind '${step.name}'`, ko: `'${step.name}' 뒤로 옮기세요` },
      });
    }
    if (step.role === "buffer") buffer ??= step;
    if (step.role === "output") output ??= step;
  }
}

function checkEnd(steps: readonly Placed[], pipeline: PlacedPipeline, problems: Problems): void {
  const last = steps.findLast((step) => step.role !== "sleep");
  if (last === undefined) {
    const sleep = steps[0];
    problems.add("DURE303", sleep?.span ?? pipeline.span, { text: { en: "a pipeline needs an output", ko: "파이프라인에는 출력이 있어야 합니다" } });
    return;
  }
  // A step behind an output is told so already.
  if (last.role === "output" || last.role === "unknown" || steps.some((step) => step.role === "output")) return;
  const help =
    last.name === "route"
      ? { en: "what fits no branch has nowhere to go: end the route with `- steps: [out.Null]`, or with another output", ko: "맞는 갈래가 없는 레코드는 갈 곳이 없습니다. route를 `- steps: [out.Null]`이나 다른 출력으로 끝내세요" }
      : last.role === "transform" || last.role === "gathering"
      ? { en: "add an output such as out.Stdout behind it", ko: "뒤에 out.Stdout 같은 출력을 넣으세요" }
      : { en: "end with an output such as out.Stdout", ko: "out.Stdout 같은 출력으로 끝내세요" };
  // Of out.Exec one would not think so.
  const text = last.name.startsWith("out.")
    ? { en: `'${last.name}' gives on what it makes of the stream, and nothing takes that`, ko: `'${last.name}'의 결과를 받을 단계가 없습니다` }
    : { en: `the last step must be an output; '${last.name}' is none`, ko: `마지막 단계는 출력이어야 하는데 '${last.name}'입니다` };
  problems.add("DURE303", last.span, {
    text,
    help,
  });
}

function checkFailover({ outputs = [] }: Placed, problems: Problems): void {
  for (const output of outputs) {
    if (output.outputs === undefined && (output.role === "output" || output.role === "unknown")) continue;
    problems.add("DURE307", output.span, {
      text: { en: `'${output.name}' is not an output that a failover can switch to`, ko: `'${output.name}'에는 failover가 전환할 수 없습니다` },
      help: { en: "use final outputs only, such as out.Fluentd or out.File", ko: "out.Fluentd, out.File 같은 최종 출력만 쓰세요" },
    });
  }
}

/** A step that is understood, with where it stands. */
export interface Written {
  readonly pipeline: string;
  readonly plan: StepPlan;
  readonly span: Span;
}

/** Pipelines that get in each other's way: the same file written twice, the same positions kept twice. */
export function checkSharing(steps: readonly Written[], configDir: string, problems: Problems): void {
  const writers = new Map<string, Written>();
  const readers = new Map<string, Written>();
  for (const step of steps) {
    const { plan, span, pipeline } = step;
    if (plan.type !== "plugin") continue;
    const path = pathOption(plan, "path", configDir);
    if (plan.plugin.startsWith("out.") && path !== undefined) {
      const other = writers.get(`${plan.plugin} ${path}`);
      if (other !== undefined)
        problems.add("DURE308", span, {
          text: { en: `this file is written by '${other.pipeline}' too`, ko: `'${other.pipeline}'에서도 같은 파일에 씁니다` },
          help: { en: "give each its own path", ko: "경로를 따로 쓰세요" },
        });
      else writers.set(`${plan.plugin} ${path}`, step);
    }
    const positions = pathOption(plan, "pos_dir", configDir);
    if (plan.plugin.startsWith("in.") && positions !== undefined) {
      const other = readers.get(positions);
      if (other !== undefined && other.pipeline !== pipeline)
        problems.add("DURE309", span, {
          text: { en: `'${other.pipeline}' keeps its positions in the same pos_dir`, ko: `'${other.pipeline}'에서도 같은 pos_dir에 위치를 저장합니다` },
          help: { en: "give each pipeline its own pos_dir", ko: "파이프라인마다 pos_dir을 따로 쓰세요" },
        });
      else readers.set(positions, step);
    }
  }
}

export function pathOption(plan: StepPlan | undefined, option: string, configDir: string): string | undefined {
  if (plan?.type !== "plugin" || typeof plan.options !== "object" || plan.options === null || Array.isArray(plan.options)) return undefined;
  const value = (plan.options as Readonly<Record<string, unknown>>)[option];
  return typeof value === "string" && value !== "" ? resolve(configDir, value) : undefined;
}
