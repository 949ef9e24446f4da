// What each thread of the workers runs now: since when, for how long, with which message.
import { useMemo } from "preact/hooks";
import type { WorkerInfo } from "#capabilities/jobs/jobs.ts";
import { jobsLook } from "../../jobs/look.ts";
import { hrefOfJob } from "../../jobs/job.ts";
import { time } from "../../parts/figures.ts";
import { List } from "../../parts/list/list.tsx";
import type { Column } from "../../parts/list/list.tsx";
import { unturned } from "../../parts/unturned.ts";
import { duration } from "../../processes/times.ts";
import { words } from "../../words/operator.ts";
import { language, say } from "../../words/say.ts";

type Task = WorkerInfo["active_tasks"][number];
interface Row extends Task {
  readonly pid: number;
  /** The job it is of, where that is known. */
  readonly job?: string;
}

const MESSAGE_MAX = 400;

export function Threads({ workers }: { readonly workers: readonly WorkerInfo[] }) {
  const lang = language.value;
  const columns = useMemo(columnsOf, [lang]);
  const rows = useMemo(() => workers.flatMap(({ pid, active_tasks: tasks }) => tasks.map((task): Row => withJob(pid, task))), [workers]);
  return (
    <>
      <h2>{say(words.threads)}</h2>
      {rows.length === 0 ? <p class="dim">{say(words.noThreads)}</p> : <List label={say(words.threads)} fileName="threads" rows={rows} keyOf={({ pid, tid }) => `${pid}/${tid}`} columns={columns} prefix="thread-" hasNoFilter sortedBy="-duration" empty={{ title: say(words.noThreads) }} />}
    </>
  );
}

/** A worker's look knows its jobs in the order they began, as the old table its threads. */
function withJob(pid: number, task: Task): Row {
  const startedMs = Math.round(task.start * 1000);
  const alike = jobsLook.peek()?.workers.find((worker) => worker.pid === pid)?.jobs.filter((job) => Math.abs(job.startedMs - startedMs) <= 1) ?? [];
  const [only, another] = alike;
  return { pid, ...task, ...(only === undefined || another !== undefined ? {} : { job: only.id }) };
}

function columnsOf(): Column<Row>[] {
  return [
    { id: "pid", label: say(words.pid), isNumber: true, value: ({ pid }) => pid, show: ({ pid }) => String(pid) },
    { id: "tid", label: say(words.tid), isNumber: true, value: ({ tid }) => tid, show: ({ tid }) => String(tid) },
    { id: "thread", label: say(words.thread), value: ({ thread }) => thread, show: ({ thread, job }) => (job === undefined ? unturned(thread) : <a href={hrefOfJob(job)}>{unturned(thread)}</a>) },
    { id: "start", label: say(words.start), value: ({ start }) => start, show: ({ start }) => <time dateTime={new Date(start * 1000).toISOString()}>{time(start * 1000)}</time> },
    { id: "duration", label: say(words.duration), isNumber: true, value: (row) => row.duration, show: (row) => duration(row.duration * 1000) },
    { id: "message", label: say(words.message), isWide: true, isWideOnly: true, value: ({ message }) => message, show: ({ message }) => <code class="clip thread-message">{unturned(message.slice(0, MESSAGE_MAX))}</code> },
  ];
}
