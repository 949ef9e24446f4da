// Jobs that were given up and not replayed, the newest first, page by page until there are enough.
import { jobs } from "./ask.ts";
import type { JobRow } from "./job.ts";
import type { JobKind } from "./job-query.ts";

const PAGE_JOBS = 1000;

export async function deadJobs(of: { readonly rule?: string; readonly kind?: JobKind }, most: number, signal?: AbortSignal): Promise<{ readonly rows: readonly JobRow[]; readonly hasMore: boolean }> {
  const rows: JobRow[] = [];
  let after: string | undefined;
  do {
    const page = await jobs.list({ ...of, states: ["failed"], limit: PAGE_JOBS, ...(after === undefined ? {} : { after }) }, signal);
    rows.push(...page.jobs.filter(({ replayedAs }) => replayedAs === undefined));
    after = page.next;
  } while (after !== undefined && rows.length < most);
  return { rows: rows.slice(0, most), hasMore: after !== undefined || most < rows.length };
}
