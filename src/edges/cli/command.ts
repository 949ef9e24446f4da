// What a command of the program is: how it is called and explained, and what it does.
import type { Clock } from "#base/clock.ts";
import type { Text } from "#base/lang.ts";
import type { PipelineReport } from "#capabilities/pipelines/pipelines.ts";
import type { Sample, TapRequest } from "#capabilities/pipelines/taps.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import type { PlanDifference, Reloaded } from "#kernel/config/plan-difference.ts";
import type { MetricSnapshot } from "#sdk/metric-family.ts";
import type { Log } from "#sdk/plugin.ts";
import type { ExitCode } from "./exit-codes.ts";
import type { Answer } from "./json-answer.ts";
import type { Style, Terminal } from "./terminal.ts";

export interface OptionSpec {
  /** `-t, --task <number or name>`; without `<…>` it takes no value. */
  readonly flags: string;
  readonly text: Text;
  readonly choices?: readonly string[];
  /** May stand several times; the values are collected. */
  readonly isRepeatable?: boolean;
}

export interface CommandSpec {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** `[config]` may be left out, `<plugin>` may not, `[files...]` are any number. */
  readonly arguments?: string;
  readonly summary: Text;
  readonly examples: readonly { readonly line: string; readonly text: Text }[];
  readonly options?: readonly OptionSpec[];
  /** The only words its first argument may be: `dead-letters list | replay`. */
  readonly actions?: readonly string[];
  /** What is meant without one. */
  readonly usualAction?: string;
  /** Called once in a while: the help of the program names it without a line of its own. */
  readonly isMinor?: boolean;
  /** The module is loaded when the command is called: `dure version` need not wait for a YAML parser. */
  load(): Promise<Command>;
}

/** Its arguments as help and manual show them, with the actions there are: `[list|verify|repair] [config]`. */
export function writtenArguments({ arguments: written, actions }: CommandSpec): string | undefined {
  return actions === undefined ? written : written?.replace(/(?<=^[<[])\w+/, actions.join("|")).replace(/^<(.*?)>/, "$1");
}

export type Command = (call: Call) => Promise<ExitCode>;

export interface Call {
  readonly args: readonly string[];
  /** By their long names: `--no-environment` is `environment: false`, `--deny-warnings` is `denyWarnings`. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly globals: Globals;
  readonly terminal: Terminal;
  readonly style: Style;
  readonly agent: AgentPort;
  /** What `--json` asks for: the facts of this command, on a line of their own. */
  readonly answer: Answer;
}

export interface Globals {
  readonly config: readonly string[];
  readonly isJson: boolean;
  /** -1: quiet, 0, 1: verbose. */
  readonly verbosity: -1 | 0 | 1;
  /** As given, to be handed to a process of our own. */
  readonly color: "auto" | "always" | "never";
}

/** What the command line needs of the agent; `main.ts` brings it, so that no edge knows how the parts are wired. */
export interface AgentPort {
  start(plan: AgentPlan, options: AgentOptions): Promise<RunningAgent>;
}

export interface AgentOptions {
  readonly signal: AbortSignal;
  readonly abortSignal: AbortSignal;
  readonly log: Log;
  /** `test`: inputs end when they have read what is there, and nothing that breaks is started again. */
  readonly mode: "run" | "test";
  /** In the main thread, so that breakpoints work. */
  readonly isInline: boolean;
  /** Another clock than the system's; only inline. */
  readonly clock?: Clock;
  readonly only?: readonly string[];
  readonly onReady?: (reports: readonly PipelineReport[]) => void;
}

export interface RunningAgent {
  readonly ended: Promise<AgentSummary>;
  report(): Promise<readonly PipelineReport[]>;
  /** What `out.Metrics` has made of records so far. */
  metrics(): Promise<readonly MetricSnapshot[]>;
  tap(pipeline: string, request: TapRequest, show: (sample: Sample) => void): Promise<() => void>;
  reload(plan: AgentPlan): Promise<Reloaded>;
  /** What `reload` would do. */
  compare(plan: AgentPlan): PlanDifference;
}

export interface AgentSummary {
  readonly isCutShort: boolean;
  readonly pipelines: readonly PipelineReport[];
  readonly seconds: number;
}
