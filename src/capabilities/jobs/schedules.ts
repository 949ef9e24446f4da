// Jobs at given times, whoever submits them: an agent alone does so for itself; of those that share a store, one does for all.
import type { JobSchedulePlan } from "#kernel/config/jobs-plan.ts";
import type { ScheduleHolder } from "./jobs.ts";

export interface Schedules {
  /** Those of the config as it is now. */
  apply(schedules: readonly JobSchedulePlan[]): void;
  /** Who submits them for all agents; undefined: there are none, or each agent has its own. */
  readonly holder: ScheduleHolder | undefined;
  /** Submits nothing more. */
  close(): Promise<void>;
}
