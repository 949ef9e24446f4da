// The agent as the command line needs it: started, asked, reloaded, and what is made around it for others to ask.
import type { Clock } from "#base/clock.ts";
import type { Stores } from "#capabilities/backup/backup.ts";
import type { RunningConfig } from "#capabilities/config/config.ts";
import type { JobEngine, JobEvent } from "#capabilities/jobs/jobs.ts";
import type { PipelineReport } from "#capabilities/pipelines/pipelines.ts";
import type { OutputLine } from "#capabilities/processes/flows/flows.ts";
import type { ProcessEngine, ProcessNews } from "#capabilities/processes/processes.ts";
import type { Replayed } from "#capabilities/pipelines/replay-letter.ts";
import type { Sample, TapRequest } from "#capabilities/pipelines/taps.ts";
import type { JobsPlan } from "#kernel/config/jobs-plan.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import type { PlanDifference, Reloaded } from "#kernel/config/plan-difference.ts";
import type { ProcessesPlan } from "#kernel/config/process-plan.ts";
import type { MetricSnapshot } from "#sdk/metric-family.ts";
import type { RecentLog } from "#kernel/recent-log.ts";
import type { GivenRecord, Log } from "#sdk/plugin.ts";
import type { Door } from "../http/door.ts";

/** What the command line needs of the agent; `main.ts` brings it, so that no edge knows how the parts are wired. */
export interface AgentPort {
  /** The config is going to be read: what the agent will need if that is what it seems to be may be made in the meantime. */
  foresee(configFile: string): Promise<void>;
  start(plan: AgentPlan, options: AgentOptions): Promise<RunningAgent>;
  /** Where the dashboard and the API will be, before anything starts; undefined: nowhere. Rejects with UsageError when that cannot be. */
  openDoor(plan: AgentPlan, log: Log): Promise<Door | undefined>;
  /** Which stores there are: for what is done while no agent runs. */
  stores(log: Log): Promise<Stores>;
  /** What lets the first user in, drawn anew; undefined when there is a user already, or the store cannot be had. */
  drawFirstLink(plan: AgentPlan): Promise<string | undefined>;
  /** Lets others ask the running agent, and tell it. */
  control(parts: ControlParts): Promise<ControlPlane>;
}

/** What the control plane is made around. */
export interface ControlParts {
  readonly plan: AgentPlan;
  readonly agent: RunningAgent;
  readonly version: string;
  readonly log: Log;
  readonly recent: RecentLog;
  readonly door?: Door | undefined;
  metrics(): Promise<readonly MetricSnapshot[]>;
  readonly config: RunningConfig;
}

export interface ControlPlane {
  close(): Promise<void>;
}

export interface AgentOptions {
  /** Aborting it drains: nothing new is read, what is in hand is written. */
  readonly signal: AbortSignal;
  /** Aborting it drops what is in hand; it comes again after a restart. */
  readonly abortSignal?: AbortSignal;
  readonly log: Log;
  /** `test`: inputs end when they have read what is there, and nothing that breaks is started again. */
  readonly mode: "run" | "test";
  /** In the main thread, so that breakpoints work. */
  readonly isInline?: boolean;
  /** Another clock than the system's; only inline. */
  readonly clock?: Clock;
  /** Names of the pipelines to run; all without it. */
  readonly only?: readonly string[];
  /** Told once every pipeline runs or has failed. */
  readonly onReady?: (reports: readonly PipelineReport[]) => void;
}

/** The processes of a running agent. */
export interface RunningProcesses {
  /** What it keeps alive now. */
  readonly plan: ProcessesPlan;
  /** Undefined: there is none. */
  engine(): Promise<ProcessEngine | undefined>;
  /** What a process prints, reads and says from now on. */
  watchLines(process: string, show: (line: OutputLine) => void): Promise<() => void>;
  /** Tells what happens from now on, and what happened before anybody followed. */
  follow(news: ProcessNews): () => void;
}

/** The jobs of a running agent. */
export interface RunningJobs {
  readonly isAny: boolean;
  /** undefined: it runs none. */
  readonly plan: JobsPlan | undefined;
  /** Rejects with CommandFailure where there are none. */
  engine(): Promise<JobEngine>;
  /** Tells what happens from now on, and what happened before anybody followed. */
  follow(hear: (event: JobEvent) => void): () => void;
}

/** What is running, as far as a caller may look at it. */
export interface RunningAgent {
  readonly ended: Promise<AgentSummary>;
  readonly processes: RunningProcesses;
  readonly jobs: RunningJobs;
  report(): Promise<readonly PipelineReport[]>;
  /** What `out.Metrics` has made of records so far, of all threads together. */
  metrics(): Promise<readonly MetricSnapshot[]>;
  /** Shows what passes a step of a pipeline; what comes back takes the tap away. Rejects with UsageError where there is no such step. */
  tap(pipeline: string, request: TapRequest, show: (sample: Sample) => void): Promise<() => void>;
  /** Goes over to another plan: pipelines that are the same are not touched; when one of the others does not start, all is as before. */
  reload(plan: AgentPlan): Promise<Reloaded>;
  /** What `reload` would do. */
  compare(plan: AgentPlan): PlanDifference;
  /** What runs now. */
  plan(): AgentPlan;
  /** Tells the last state of each pipeline, and each change of one from now on; what comes back ends it. */
  follow(listener: (report: PipelineReport) => void): () => void;
  /** Drains a pipeline and closes it until it is resumed, or the agent is started again. Rejects with CommandFailure. */
  pause(pipeline: string, by: string): Promise<PipelineReport>;
  resume(pipeline: string): Promise<PipelineReport>;
  /** The last records that its input gave on, where that keeps some. */
  samples(pipeline: string): Promise<readonly GivenRecord[]>;
  /** Sends a dead letter again through the pipeline's own output; aborting the signal leaves it as it is, unless it is being written. */
  replay(pipeline: string, letter: string, signal: AbortSignal): Promise<Replayed>;
}

export interface AgentSummary {
  /** The drain took too long: what was in hand then was not written. */
  readonly isCutShort: boolean;
  readonly pipelines: readonly PipelineReport[];
  readonly seconds: number;
}
