// The workers with the columns of the old test page, and under them what each thread of theirs runs.
import { useMemo, useState } from "preact/hooks";
import type { OperatorInfo, WorkerInfo, WorkerLook } from "#capabilities/jobs/jobs.ts";
import { may } from "../../agent/session.ts";
import { jobs } from "../../jobs/ask.ts";
import { JOBS_YAML } from "../../jobs/rule-example.ts";
import { jobsFailure, jobsLook } from "../../jobs/look.ts";
import { oldMoods, workerMoods } from "../../jobs/mood.ts";
import { bytes, count, time } from "../../parts/figures.ts";
import { Icon } from "../../parts/icon.tsx";
import { List } from "../../parts/list/list.tsx";
import type { Column } from "../../parts/list/list.tsx";
import type { RowAction } from "../../parts/list/row-actions.tsx";
import { tellDone } from "../../parts/notices.ts";
import { State } from "../../parts/state-mark.tsx";
import { duration } from "../../processes/times.ts";
import { words as frameWords } from "../../words/frame.ts";
import { words } from "../../words/operator.ts";
import { language, say } from "../../words/say.ts";
import { Threads } from "./threads.tsx";
import { choosePeriod, period, periods, useInfo } from "./use-info.ts";
import { StartWorkers, StopWorkers } from "./worker-dialogs.tsx";

/** The old row, and what is known of the process besides. */
interface Row extends WorkerInfo {
  readonly look?: WorkerLook;
}

export function Workers() {
  const { info, atMs, failure, ask } = useInfo(may("operator"));
  const [dialog, setDialog] = useState<"start" | "stop">();
  const lang = language.value;
  const looks = jobsLook.value?.workers;
  const rows = useMemo(() => info?.workers.map((worker): Row => withLook(worker, looks)), [info, looks]);
  const columns = useMemo(columnsOf, [lang]);
  const actions = useMemo(() => [stopping(ask)], [lang, ask]);
  const isAllowed = may("operator");
  if (!may("operator")) return <p class="dim">{say(frameWords.needsRole, { role: say(frameWords.operator) })}</p>;
  // What is wrong stands above already.
  if (jobsFailure.value !== undefined && info === undefined) return null;
  const open = (which: "start" | "stop", label: string, icon: "plus" | "stop", look: string) => (
    <button type="button" class={`button ${look}`} aria-disabled={!isAllowed} title={isAllowed ? undefined : say(frameWords.needsRole, { role: say(frameWords.operator) })} onClick={() => isAllowed && setDialog(which)}>
      <Icon name={icon} /> {label}
    </button>
  );
  return (
    <>
      <List
        label={say(words.workers)}
        fileName="workers"
        rows={rows}
        failure={failure}
        retry={ask}
        keyOf={({ pid }) => String(pid)}
        columns={columns}
        actions={actions}
        prefix="worker-"
        hasNoFilter
        empty={{ title: say(words.noWorkers), text: say(words.noWorkersText), example: `${JOBS_YAML.replace(" ./rules", "")}\n  rules: ./rules\n  workers: 2\n  slots: 5\n\n# dure operator start worker 2` }}
      >
        {open("start", say(words.startWorkers), "plus", "main")}
        {(info?.workers.length ?? 0) > 0 && open("stop", say(words.stopWorkers), "stop", "")}
        <label class="bar-field operator-period">
          {say(words.every)}
          <select value={String(period.value)} onChange={({ currentTarget }) => choosePeriod(Number(currentTarget.value))}>
            {periods.map((each) => (
              <option key={each} value={String(each)}>
                {each === 0 ? say(words.never) : say(words.everySeconds, { count: each })}
              </option>
            ))}
          </select>
          <button type="button" class="icon-button" aria-label={say(frameWords.retry)} title={say(frameWords.retry)} onClick={ask}>
            <Icon name="reload" />
          </button>
        </label>
      </List>
      {info !== undefined && info.workers.length > 0 && <Total total={info.total} />}
      <Threads workers={info?.workers ?? []} />
      {period.value === 0 && atMs > 0 && <p class="dim">{say(words.stale, { when: time(atMs) })}</p>}
      {dialog === "start" && <StartWorkers close={() => setDialog(undefined)} done={ask} />}
      {dialog === "stop" && <StopWorkers workers={info?.workers ?? []} close={() => setDialog(undefined)} done={ask} />}
    </>
  );
}

function withLook(worker: WorkerInfo, looks: readonly WorkerLook[] | undefined): Row {
  const look = looks?.find(({ pid }) => pid === worker.pid);
  return look === undefined ? worker : { ...worker, look };
}

function stopping(ask: () => void): RowAction<Row> {
  return {
    id: "stop",
    label: say(words.stopPid),
    icon: "stop",
    role: "operator",
    isDanger: true,
    isBulk: true,
    effect: (rows) => say(words.stopPidEffect, { pids: rows.map(({ pid }) => pid).join(", ") }),
    async run(rows) {
      try {
        for (const { pid } of rows) tellDone((await jobs.manage({ action: "stop", target: "worker", detail: `pid=${pid}` })).message);
      } finally {
        ask();
      }
    },
  };
}

function columnsOf(): Column<Row>[] {
  const figure = (id: string, label: string, of: (row: Row) => number, more: Partial<Column<Row>> = {}): Column<Row> => ({ id, label, isNumber: true, value: of, show: (row) => count(of(row)), ...more });
  return [
    {
      id: "pid",
      label: say(words.pid),
      value: ({ pid }) => pid,
      show: ({ pid, look }) => (
        <>
          {pid} {look?.isQuarantine === true && <span class="badge warn" title={say(words.quarantineText)}>{say(words.quarantine)}</span>}
        </>
      ),
    },
    {
      id: "status",
      label: say(words.status),
      value: ({ status }) => status,
      show: ({ status, look }) => (
        <span class="job-state">
          <State mood={oldMoods[status]} />
          {look !== undefined && look.state !== "ready" && <span class="dim">({say(workerMoods[look.state].label)})</span>}
        </span>
      ),
    },
    figure("queued", say(words.oldQueued), ({ queued }) => queued),
    figure("threads", say(words.threadTotal), ({ thread }) => thread.total),
    figure("active", say(words.threadActive), ({ thread }) => thread.active),
    figure("idle", say(words.threadIdle), ({ thread }) => thread.idle, { isWideOnly: true }),
    figure("receive", say(words.receive), (row) => row.count.receive, { isWideOnly: true }),
    figure("process", say(words.process), (row) => row.count.process),
    figure("success", say(words.success), (row) => row.count.success, { isWideOnly: true }),
    figure("fail", say(words.fail), (row) => row.count.fail, { show: (row) => (row.count.fail === 0 ? <span class="dim">0</span> : <span class="state warn">{count(row.count.fail)}</span>) }),
    figure("reply", say(words.reply), (row) => row.count.reply, { isWideOnly: true }),
    { id: "memory", label: say(words.memory), isNumber: true, isWideOnly: true, value: ({ look }) => look?.memoryBytes, show: ({ look }) => (look === undefined ? <span class="dim">–</span> : bytes(look.memoryBytes)) },
    { id: "uptime", label: say(words.uptime), isNumber: true, isWideOnly: true, value: ({ look }) => look?.startedMs, show: ({ look }) => (look === undefined ? <span class="dim">–</span> : duration((jobsLook.peek()?.atMs ?? Date.now()) - look.startedMs)) },
  ];
}

/** The old page's line of sums. */
function Total({ total: { status, worker, thread, queued, count: counts } }: Pick<OperatorInfo, "total">) {
  const parts = [
    `${say(words.workers)} ${worker.total} (Full ${worker.full}, Active ${worker.active}, Idle ${worker.idle})`,
    `${say(words.threadTotal)} ${count(thread.total)} (${say(words.threadActive)} ${count(thread.active)}, ${say(words.threadIdle)} ${count(thread.idle)})`,
    `${say(words.oldQueued)} ${count(queued)}`,
    ...(["receive", "process", "success", "fail", "reply"] as const).map((name) => `${say(words[name])} ${count(counts[name])}`),
  ];
  return (
    <p class="operator-total">
      <strong>{say(words.total)}</strong> <State mood={oldMoods[status]} /> <span class="dim">{parts.join(" · ")}</span>
    </p>
  );
}
