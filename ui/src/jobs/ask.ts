// What the dashboard asks of the jobs and tells them: each command once, under the name that the screens know it by.
import type { JobsLook, ManagementAnswer, ManagementOrder, OperatorInfo, RuleLook, Submitted } from "#capabilities/jobs/jobs.ts";
import type { RuleProblem } from "#capabilities/jobs/worker-protocol.ts";
import type { ParamsOf } from "#edges/all-commands.ts";
import { call, stream } from "../agent/agent.ts";
import type { Filter } from "./job-query.ts";
import type { JobPage, JobQuery, JobRecord } from "./job.ts";

export interface RulesAnswer {
  readonly rules: readonly RuleLook[];
  readonly problems: readonly RuleProblem[];
}

export interface Counted {
  readonly state: string;
  readonly rule: string;
  readonly count: number;
}

/** Some by their ids, or all that is found. */
export type Which = { readonly ids: readonly string[] } | { readonly query: Filter };

type Ids = readonly { readonly id: string; readonly as: string }[];

const until = (signal: AbortSignal | undefined): { readonly signal?: AbortSignal } => (signal === undefined ? {} : { signal });

export const jobs = {
  list: (query: Filter & Pick<JobQuery, "limit" | "after" | "order">, signal?: AbortSignal): Promise<JobPage> => call("jobs.list", { ...query, ...(query.states === undefined ? {} : { states: [...query.states] }) } as ParamsOf<"jobs.list">, until(signal)),
  show: (id: string, signal?: AbortSignal): Promise<JobRecord> => call("jobs.show", { id }, until(signal)),
  counts: async (signal?: AbortSignal): Promise<readonly Counted[]> => (await call("jobs.counts", {}, until(signal))).counts,
  /** As a text, so that no number of it is rounded on its way. */
  submit: (rule: string, dataJson: string): Promise<Submitted> => call("jobs.submit", { rule, dataJson }),
  retry: async (which: Which, dataJson?: string): Promise<Ids> => (await call("jobs.retry", { ...chosen(which), ...(dataJson === undefined ? {} : { dataJson }) })).retried,
  cancel: async (which: Which): Promise<number> => (await call("jobs.cancel", chosen(which))).cancelled,
  forget: async (which: Which): Promise<number> => (await call("jobs.forget", chosen(which))).forgotten,
  watch: (onLook: (look: JobsLook) => void, onFailure: (failure: unknown) => void) => stream("jobs.watch", {}, onLook, { onFailure }),
  rules: (signal?: AbortSignal): Promise<RulesAnswer> => call("jobs.rules", {}, until(signal)),
  reloadRules: () => call("jobs.reload", {}),
  info: (signal?: AbortSignal): Promise<OperatorInfo> => call("jobs.workers", {}, until(signal)),
  manage: (order: ManagementOrder): Promise<ManagementAnswer> => call("jobs.manage", order),
  message: async (text: string): Promise<string | undefined> => (await call("jobs.message", { text })).reply,
} as const;

function chosen(which: Which): ParamsOf<"jobs.cancel"> {
  return ("ids" in which ? { ids: [...which.ids] } : { ...which.query }) as ParamsOf<"jobs.cancel">;
}
