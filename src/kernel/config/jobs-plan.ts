// What a checked config says of jobs. Plain JSON: it travels to the thread of the jobs.
import type { BrokerPlace } from "#sdk/broker-place.ts";
import type { NotifierPlan } from "./notifiers-plan.ts";
import type { Place } from "./plan.ts";

export interface JobsPlan {
  /** Absolute folder. */
  readonly rulesDir: string;
  readonly queue: { readonly type: "embedded" } | RabbitMqPlan;
  /** Processes at the start, and jobs that each runs at a time. */
  readonly workers: number;
  readonly slots: number;
  readonly limits: JobLimits;
  /** Of a rule that says nothing else; null: none. */
  readonly timeoutMs: number | null;
  /** After its time is over a rule has so long to end before its worker is ended. */
  readonly killAfterMs: number;
  /** The import of one file of the rules folder may take so long. */
  readonly loadTimeoutMs: number;
  readonly attempts: number;
  readonly backoff: { readonly firstMs: number; readonly mostMs: number };
  /** Workers that died or hung over a job before it is given up as poison. */
  readonly poisonAfter: number;
  /** Of all rules together; null: as many as there are slots. */
  readonly concurrency: number | null;
  readonly rate: { readonly count: number; readonly perMs: number } | null;
  readonly watcher: { readonly isOn: boolean; readonly intervalMs: number };
  /** A worker is replaced after so many jobs, or with so much memory; null: never. */
  readonly recycle: { readonly jobs: number | null; readonly memoryBytes: number | null };
  /** How long what has ended is kept, and how many at most. */
  readonly keepMs: number;
  readonly keepMax: number;
  readonly python: string;
  /** Beside the agent's own environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly schedules: readonly JobSchedulePlan[];
  /** Who is told of what; a notice is a job. */
  readonly notifiers: readonly NotifierPlan[];
  /** The config has no `jobs:`; only notices are delivered. */
  readonly isForNoticesOnly?: true;
  /** The old operator's queues, WebSocket and logs; undefined: none of them. */
  readonly operator?: OperatorPlan;
  readonly place: Place;
}

export interface JobLimits {
  readonly workersMax: number;
  /** Of one worker. */
  readonly slotsMax: number;
  /** What waits; a full queue refuses. */
  readonly queuedMax: number;
  readonly dataBytesMax: number;
  readonly resultBytesMax: number;
}

export interface RabbitMqPlan extends BrokerPlace {
  readonly type: "rabbitmq";
}

export interface JobSchedulePlan {
  readonly name: string;
  readonly cron: string;
  readonly timeZone?: string;
  readonly rule: string;
  /** JSON in one line. */
  readonly data: string;
  readonly priority?: number;
  /** Its place in the list `schedules:`, from 0. */
  readonly index: number;
  readonly place: Place;
}

export interface OperatorPlan {
  /** Names at the broker; undefined: no queues (there is no RabbitMQ). */
  readonly queues?: { readonly messageIn: string; readonly messageOut: string; readonly managementIn: string; readonly managementOut: string };
  /** `/operator/mgmt` at this address; undefined: nowhere. `isOpen`: old pages without a login, loopback only. */
  readonly websocket?: { readonly host: string; readonly port: number; readonly isOpen: boolean; readonly origins: readonly string[] };
  readonly logs?: OperatorLogPlan;
  /** `itsbox.operator`: what Python rules may import each other by. */
  readonly moduleBase: string;
  /** How long a worker may take to say how it is. */
  readonly requestTimeoutMs: number;
}

export interface OperatorLogPlan {
  /** Absolute. */
  readonly dir: string;
  readonly prefix: string;
  readonly level: "NOTSET" | "CRITICAL" | "ERROR" | "WARNING" | "INFO" | "DEBUG";
  readonly isRotated: boolean;
  readonly fileBytesMax: number;
  readonly filesMax: number;
  readonly isAllInOne: boolean;
}
