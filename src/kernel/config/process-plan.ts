// What a checked config says of processes, flows, groups, schedules and the console. Plain JSON: it travels to the thread of the processes.
import type { Place } from "./plan.ts";

export interface ProcessPlan {
  readonly name: string;
  /** `process`, `talend`, or the name of a plug-in type. */
  readonly type: string;
  /** Program and arguments as they are started; of a shell text: `["/bin/sh", "-c", text]`. */
  readonly command: readonly string[];
  /** As it is written in the config. */
  readonly written: string | readonly string[];
  /** Options of the type, as its schema gave them. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Absolute; undefined: its work folder. */
  readonly cwd?: string;
  /** Beside the agent's own environment. */
  readonly env: Readonly<Record<string, string>>;
  /** What of `env` may be shown as it is. */
  readonly shownEnv: Readonly<Record<string, string>>;
  readonly user?: string;
  readonly limits: LimitsPlan;
  /** `manual`: only when somebody starts it. */
  readonly start: "auto" | "manual";
  readonly instances: number;
  readonly restart: RestartPlan;
  readonly stop: { readonly signal: string; readonly waitMs: number };
  readonly dependsOn: readonly { readonly process: string; readonly until: "started" | "healthy" | "done" }[];
  readonly health?: HealthPlan;
  /** How what it prints is read, and what is sent to it written. */
  readonly encoding: "utf-8" | "cp949" | "auto";
  readonly lineBytesMax: number;
  readonly ack: AckPlan;
  readonly queue: { readonly eventsMax: number; readonly bytesMax: number };
  readonly output: OutputPlan;
  readonly place: Place;
}

export interface LimitsPlan {
  readonly memoryBytesMax?: number;
  readonly processesMax?: number;
  readonly filesMax?: number;
  /** Share of one processor: 0.5, 2. Only with cgroup v2. */
  readonly cpus?: number;
}

export interface RestartPlan {
  readonly when: "always" | "on-failure" | "never";
  readonly firstMs: number;
  readonly mostMs: number;
  /** Quick ends in a row before it gives up; null: never. */
  readonly attemptsMax: number | null;
  /** Having run so long, it counts as well again. */
  readonly steadyMs: number;
}

export type HealthPlan = {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Failures in a row before it is unhealthy. */
  readonly failures: number;
  /** After a start; failures do not count yet. */
  readonly graceMs: number;
  /** An unhealthy one is ended and started anew. */
  readonly isRestarted: boolean;
} & ({ readonly type: "exec"; readonly command: readonly string[] } | { readonly type: "http"; readonly url: string; readonly status?: number } | { readonly type: "tcp"; readonly host: string; readonly port: number } | { readonly type: "line"; readonly pattern: string });

export interface AckPlan {
  readonly type: "stderr-echo" | "line" | "json" | "none";
  readonly timeoutMs: number;
  /** Of an event whose consumer died: `retry` puts it back to the front, `skip` aside. */
  readonly onFailure: "retry" | "skip";
  /** Deaths over one event before it is put aside; null: never. */
  readonly attemptsMax: number | null;
}

export interface OutputPlan {
  /** Last lines kept for who looks. */
  readonly linesKept: number;
  /** Absolute; what it prints is written there as well. */
  readonly file?: string;
  readonly fileBytesMax: number;
  readonly filesMax: number;
}

export interface FlowPlan {
  readonly type: "broad" | "share";
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** What passes may be looked at; without it, and without an ack, one process feeding one other gets a kernel pipe. */
  readonly isViewed: boolean;
  /** Its place in the list `flows:`, from 0. */
  readonly index: number;
  readonly place: Place;
}

export interface GroupPlan {
  readonly name: string;
  readonly processes: readonly string[];
}

export interface SchedulePlan {
  /** Unique: `cron process`, or as it is named. */
  readonly name: string;
  readonly cron: string;
  readonly process: string;
  readonly action: "send" | "start" | "stop" | "restart";
  /** Of `send`; `##DATE_TIME##` becomes YYYYMMDDHHMM00. */
  readonly message: string;
  readonly timeZone?: string;
  /** Its place in the list `schedules:`, from 0. */
  readonly index: number;
}

export interface ConsolePlan {
  readonly host: string;
  readonly port: number;
}

/** Settings of EventFlow that are of no single process; the console knows them by their old names. */
export interface ProcessSettings {
  /** Absolute: work folders are below it. */
  readonly workDir: string;
  /** Last movements kept for viewing. */
  readonly eventsKept: number;
  /** Movements kept for the event file, while it cannot be written. */
  readonly eventsSaved: number;
  /** Where movements are written as well. */
  readonly eventFile?: string;
  readonly areSchedulesRun: boolean;
  readonly oldApi: { readonly isOn: boolean; readonly host: string; readonly port: number };
  readonly resourceSamples: number;
  readonly resultSamples: number;
  /** Folder of result logs `<process>_<LOG|STATS>_…`. */
  readonly resultDir: string;
  readonly resultEncoding: string;
  readonly announcer: AnnouncerPlan;
  readonly recovery: { readonly timeoutMs: number; readonly keepMs: number };
  /** What old words `max cmd queue size`, `kill wait time` and `error data file skip` say: defaults of each process. */
  readonly defaults: { readonly queueEventsMax: number; readonly stopWaitMs: number; readonly isFailedSkipped: boolean };
}

/** The central server, and where on it what is posted. */
export interface AnnouncerPlan {
  readonly isOn: boolean;
  readonly host: string;
  readonly port: number;
  readonly resultPath: string;
  readonly resourcePath: string;
  readonly alertPath: string;
}

/** A pipeline that reads what a process prints. */
export interface ReaderPlan {
  readonly process: string;
  /** As `readerName` gives it. */
  readonly consumer: string;
}

export interface ProcessesPlan {
  readonly processes: readonly ProcessPlan[];
  readonly flows: readonly FlowPlan[];
  /** What a process prints waits for them from before it starts. */
  readonly readers: readonly ReaderPlan[];
  readonly groups: readonly GroupPlan[];
  readonly schedules: readonly SchedulePlan[];
  readonly settings: ProcessSettings;
  readonly console?: ConsolePlan;
}
