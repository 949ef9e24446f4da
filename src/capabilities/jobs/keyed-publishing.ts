// Publishing to a broker, which knows no keys: where agents share a store, a job with a key is published by the first of them only. Jobs without a key go straight through.
import { setTimeout as delay } from "node:timers/promises";
import type { ClaimAnswer, JobKeys } from "#kernel/fleet/job-keys.ts";
import type { NewJob, Published } from "#sdk/queue.ts";

type Ready = NewJob & { readonly id: string };

export interface KeyedPublishingParts {
  readonly keys: JobKeys;
  publish(jobs: readonly Ready[]): Promise<readonly Published[]>;
}

/** Another is publishing under the key just now: whether it will be there is known in a moment. */
const LOOK_MS = 100;

/** In the order of the jobs. Rejects as the queue does, or with StoreFailure: then nothing with a key was published. */
export async function publishKeyed(jobs: readonly Ready[], { keys, publish }: KeyedPublishingParts): Promise<readonly Published[]> {
  const keyed = new Map<string, Ready>();
  for (const job of jobs) if (job.key !== undefined && !keyed.has(job.key)) keyed.set(job.key, job);
  if (keyed.size === 0) return publish(jobs);
  const answers = await settled(keyed, keys);
  const isOurs = (job: Ready): boolean => job.key === undefined || (keyed.get(job.key) === job && answers.get(job.key)?.is === "ours");
  const ours = jobs.filter(isOurs);
  const claimed = new Map(ours.flatMap(({ key, id }) => (key === undefined ? [] : [[key, id] as const])));
  let published: readonly Published[] = [];
  try {
    if (0 < ours.length) published = await publish(ours);
  } catch (error) {
    await keys.givenUp(claimed).catch(() => {}); // Else others wait until its time is over.
    throw error;
  }
  // What cannot be told now may be published by somebody else once more, and is begun once all the same.
  await keys.published(claimed).catch(() => {});
  const byId = new Map(published.map((each, index) => [ours[index]?.id, each]));
  return jobs.map((job) => {
    if (isOurs(job)) return byId.get(job.id) ?? { id: job.id, isNew: true };
    const answer = answers.get(job.key ?? "");
    return { id: answer === undefined || answer.is === "ours" ? (keyed.get(job.key ?? "")?.id ?? job.id) : answer.jobId, isNew: false };
  });
}

/** A publisher that died is waited for no longer than its claim is good. */
async function settled(keyed: ReadonlyMap<string, Ready>, keys: JobKeys): Promise<ReadonlyMap<string, ClaimAnswer>> {
  const answers = new Map<string, ClaimAnswer>();
  for (;;) {
    const open = [...keyed].filter(([key]) => !answers.has(key));
    const given = await keys.claim(open.map(([key, { id, runAtMs }]) => ({ key, jobId: id, ...(runAtMs === undefined ? {} : { runAtMs }) })));
    for (const [index, [key]] of open.entries()) {
      const answer = given[index];
      if (answer !== undefined && answer.is !== "pending") answers.set(key, answer);
    }
    if (answers.size === keyed.size) return answers;
    await delay(LOOK_MS);
  }
}
