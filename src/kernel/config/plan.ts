// What a checked config says is to run. Plain JSON: it travels to the data-plane threads as it is.
import type { JsonValue } from "#base/json.ts";
import type { JobsPlan } from "./jobs-plan.ts";
import type { ProcessesPlan } from "./process-plan.ts";

/** Where something stands in a file; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export type StepPlan =
  | {
      readonly type: "plugin";
      /** "1", "2", …; nested outputs "3.1". */
      readonly id: string;
      /** Full name as registered: `in.FileTail`. */
      readonly plugin: string;
      /** Options after the schema: defaults filled in, durations in ms, sizes in bytes. */
      readonly options: JsonValue;
      /** The options as they may be shown, where that is not the same: without secrets, and with what came from outside of the file as it is written there. */
      readonly shown?: JsonValue;
      /** The option that a bare value stands for. */
      readonly shorthand?: string;
      /** An output whose result goes on as the stream. */
      readonly isStream?: true;
      /** Of a plugin of the user's own: what its file and those that it imports hold, as a hash. */
      readonly code?: string;
      readonly place: Place;
    }
  | {
      readonly type: "failover";
      readonly id: string;
      readonly outputs: readonly StepPlan[];
      readonly last?: StepPlan;
      readonly startBy: "ip" | "tag" | "random" | "ordered";
      /** How often a preferred output that failed is tried again. */
      readonly recheckMs: number;
      readonly place: Place;
    }
  | {
      readonly type: "route";
      readonly id: string;
      readonly branches: readonly BranchPlan[];
      readonly place: Place;
    }
  | { readonly type: "sleep"; readonly id: string; readonly ms: number; readonly place: Place };

export interface BranchPlan {
  /** An expression over the record; without it every record fits. */
  readonly when?: string;
  /** What fits goes on to the branches behind, and to the next step. */
  readonly isContinued: boolean;
  /** They end in an output. */
  readonly steps: readonly StepPlan[];
}

export interface RetryPlan {
  readonly firstMs: number;
  readonly mostMs: number;
  /** Attempts before a batch goes to the dead letters; null = never give up. */
  readonly attemptsMax: number | null;
}

export interface PipelinePlan {
  readonly name: string;
  readonly steps: readonly StepPlan[];
  /** The first step's `pos_dir`, made absolute, or undefined for the agent's data folder. */
  readonly positionsDir?: string;
  readonly retry: RetryPlan;
  readonly place: Place;
}

export interface HttpPlan {
  readonly host: string;
  readonly port: number;
  /** The config names the port: when it is taken, the agent does not start. Otherwise the next free one is used. */
  readonly isPortGiven: boolean;
  /** PEM files, absolute. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** Beyond loopback without TLS, on the operator's own word. */
  readonly isInsecure: boolean;
  /** Names besides the address itself by which browsers may call it, behind a reverse proxy: `dure.example.com`. */
  readonly allowedHosts: readonly string[];
  /** Whether `/metrics` is shown without a login; by default on loopback only. */
  readonly areMetricsOpen: boolean;
}

export type StorePlan =
  | (Kept & { readonly type: "sqlite"; readonly file: string })
  | (Kept & { readonly type: "mysql"; readonly host: string; readonly port: number; readonly user: string; readonly password?: string; readonly database: string; readonly tls?: { readonly caFile?: string; readonly isVerified?: boolean } });

interface Kept {
  /** Of the agent's log; 0: none. */
  readonly logLinesMax?: number;
  /** Rows of the audit; without it, for ever. */
  readonly auditKeepMs?: number;
}

export interface AgentPlan {
  /** Absolute. */
  readonly configFile: string;
  readonly configDir: string;
  /** Absolute; positions, buffers and dead letters live here. */
  readonly dataDir: string;
  readonly pidFile: string;
  readonly log: { readonly file: string | null; readonly level: "debug" | "info" | "warn" | "error"; readonly fileBytesMax: number; readonly filesMax: number };
  readonly threads: number;
  /** Chunk memory of each thread. */
  readonly memoryBytesMax: number;
  readonly drainMs: number;
  /** The config and what it was made of are watched, and a change is a reload. */
  readonly isWatched: boolean;
  /** Where the agent shows its metrics; without it, nowhere. */
  readonly metrics?: { readonly host: string; readonly port: number } | undefined;
  /** Where the API and the dashboard listen; null: nowhere. */
  readonly http: HttpPlan | null;
  readonly store: StorePlan;
  readonly pipelines: readonly PipelinePlan[];
  /** All lists are empty where the config has none. */
  readonly processes: ProcessesPlan;
  /** undefined: it runs none. */
  readonly jobs?: JobsPlan | undefined;
  /** Plugin files of the user's own, absolute. */
  readonly pluginFiles: readonly string[];
  /** What it was made of beside the config, absolute: a change of one of them may be a change of the plan. */
  readonly filesRead: readonly string[];
}
