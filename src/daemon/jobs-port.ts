// What the commands of jobs need of the running agent.
import { sharedWork } from "#base/shared-work.ts";
import type { JobsPort } from "#capabilities/jobs/commands.ts";
import type { RunningJobs } from "#edges/cli/agent-port.ts";
import { onceASecond } from "./once-a-second.ts";

export function jobsPort({ jobs, endAgent }: { readonly jobs: RunningJobs; readonly endAgent: () => void }): JobsPort {
  return { engine: () => jobs.engine(), isAny: () => jobs.isAny, endAgent, watch: onceASecond(sharedWork(async () => (await jobs.engine()).look())) };
}
