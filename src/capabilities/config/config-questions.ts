// What the agent asks the process that reads configs, and what that answers. Plain JSON: it goes from one process to another.
import type { Lang } from "#base/lang.ts";
import type { ConfigChange } from "#kernel/config/config-change.ts";
import type { PipelineGraph } from "#kernel/config/graph.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import type { Problem } from "#kernel/config/problem.ts";
import type { LineDiff } from "./line-diff.ts";

/** A text as the agent's own eyes see it, and as others may. */
export interface Kept {
  /** Of the bytes; says nothing about them. */
  readonly hash: string;
  readonly masked: string;
  /** What the placeholders of `masked` stand for; only this data folder's key opens it. */
  readonly sealed: string;
}

/** A text that comes from outside, with placeholders. */
export interface Draft {
  readonly file: string;
  readonly dataDir: string;
  readonly text: string;
  /** What other placeholders than those of the file may stand for, the latest first. */
  readonly sealed: readonly string[];
  /** The first of them is of this very text. */
  readonly isKept?: boolean;
}

export interface PlanQuestion {
  readonly type: "plan";
  readonly file: string;
  /** Without it, the plan's own. */
  readonly dataDir?: string;
  /** Problems are wanted as a person reads them. */
  readonly look?: { readonly color: boolean; readonly lang: Lang; readonly ascii: boolean };
}
export interface PlanAnswer {
  readonly plan?: AgentPlan;
  readonly problems: readonly Problem[];
  readonly shown?: string;
  readonly filesRead: readonly string[];
  /** Of the text that the plan was made of. */
  readonly hash?: string;
  /** Where problems are wanted as a person reads them, and there is a plan: the file's bytes as base64. */
  readonly bytes?: string;
}

export interface ReadQuestion {
  readonly type: "read";
  readonly file: string;
  readonly dataDir: string;
  /** Rather the text with this hash, when it was planned lately, than what stands in the file meanwhile. */
  readonly hash?: string | undefined;
  /** Rather these, as base64, than what stands in the file meanwhile. */
  readonly bytes?: string | undefined;
}

export interface CheckQuestion {
  readonly type: "check";
  readonly draft: Draft;
  readonly hasEnvironment: boolean;
  readonly hasLint: boolean;
}
export interface CheckAnswer {
  /** Their places are those of the draft; secrets are taken out of what they say. */
  readonly problems: readonly Problem[];
  readonly pipelines: readonly PipelineGraph[];
  /** Placeholders that stand for nothing. */
  readonly unknown: number;
}

export interface ChangeQuestion {
  readonly type: "change";
  readonly draft: Draft;
}
export interface ChangeAnswer extends CheckAnswer {
  /** Of the file as it is. */
  readonly current: Kept | undefined;
  /** It is no text that can be shown whole: what was made from what is shown has lost some of it. */
  readonly isGarbled: boolean;
  readonly plan?: AgentPlan;
  /** What would stand in the file: with its line ends, and with its secrets. */
  readonly text: string;
  readonly next: Kept;
  /** Both texts with placeholders. */
  readonly diff: LineDiff;
}

export interface EditQuestion {
  readonly type: "edit";
  readonly file: string;
  readonly dataDir: string;
  readonly changes: readonly ConfigChange[];
}
/** `unreadable`: the file is not there, or no text; `by hand only`: it is written in a way in which the changes cannot be made. */
export type EditAnswer = { readonly refused: "unreadable" } | { readonly refused: "by hand only"; readonly current: Kept } | (Pick<ChangeAnswer, "problems" | "plan" | "text" | "next" | "diff"> & { readonly current: Kept });

export interface FormatQuestion {
  readonly type: "format";
  readonly draft: Draft;
}
export type FormatAnswer = { readonly text: string; readonly unknown: number } | { readonly refused: "not YAML" | "would change"; readonly unknown: number };

export interface SchemaQuestion {
  readonly type: "schema";
  readonly file: string;
  readonly lang: Lang;
}

export interface CompareQuestion {
  readonly type: "compare";
  readonly from: string;
  readonly to: string;
}

export interface Answers {
  readonly plan: PlanAnswer;
  readonly read: Kept | { readonly errorCode: string };
  readonly check: CheckAnswer;
  readonly change: ChangeAnswer;
  readonly edit: EditAnswer;
  readonly format: FormatAnswer;
  readonly schema: object;
  readonly compare: LineDiff;
}
export type Question = PlanQuestion | ReadQuestion | CheckQuestion | ChangeQuestion | EditQuestion | FormatQuestion | SchemaQuestion | CompareQuestion;
export type AnswerTo<Q extends Question> = Answers[Q["type"]];

export type FromProcess = { readonly id: number; readonly answer: unknown } | { readonly id: number; readonly error: string };
export type ToProcess = { readonly id: number; readonly question: Question };
