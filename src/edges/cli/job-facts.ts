// What a scrape tells of the jobs. Whatever is wrong with them, the figures of everything else are shown all the same.
import { within } from "#base/within.ts";
import type { JobFacts } from "../metrics/job-metrics.ts";
import type { RunningJobs } from "./agent-port.ts";

/** Less than a scrape waits for everything: a broker that does not say how much it holds is not waited for. */
const ANSWER_MS = 2000;

/** undefined: there are none, or they do not answer. */
export async function jobFacts(jobs: RunningJobs): Promise<JobFacts | undefined> {
  if (jobs.plan === undefined) return undefined;
  const asking = (async () => {
    const engine = await jobs.engine();
    const [look, { rules }] = await Promise.all([engine.look(), engine.rules()]);
    return { look, rules };
  })();
  return within(ANSWER_MS, asking.catch(() => undefined));
}
