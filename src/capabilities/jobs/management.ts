// The words by which the old operator is managed: `start worker 3(40)`, `stop all`, `info worker pid=4711`. Queue, WebSocket, command line, HTTP and dashboard all come here.
// Answers are the old ones in kind: what was started with how many, or what was wrong with which part.
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { JobsPlan } from "#kernel/config/jobs-plan.ts";
import type { ManagementAnswer, ManagementOrder, OperatorInfo, TaskCounts, WorkerInfo } from "./jobs.ts";
import type { Pool } from "./pool.ts";
import { shownMessage } from "./secret-arguments.ts";
import type { Worker } from "./worker.ts";

export interface ManagementParts {
  readonly plan: () => JobsPlan;
  readonly pool: Pool;
  readonly queued: () => Promise<number>;
  readonly now: () => number;
  /** The WebSocket is to be closed, or opened again. */
  readonly switched: (isOn: boolean) => void;
}

/** A worker says how it is each second: sooner nobody can tell that it does not. */
const SILENT_MS_MIN = 2000;
/** What a worker that is told to stop runs may take so long. */
const STOP_MS = 30_000;
const NO_COUNTS: TaskCounts = { receive: 0, process: 0, success: 0, fail: 0, reply: 0 };

export class Management {
  readonly #parts: ManagementParts;
  #isOn = true;
  #changing: Promise<unknown> = Promise.resolve();

  constructor(parts: ManagementParts) {
    this.#parts = parts;
  }

  /** The old operator's WebSocket is open; orders from its queue, the command line and the dashboard are always taken, or nobody could start it again. */
  get isOn(): boolean {
    return this.#isOn && this.#parts.plan().operator?.websocket !== undefined;
  }

  async run({ action, target, detail }: ManagementOrder): Promise<ManagementAnswer> {
    if (action === "info") return this.#info(target, detail.trim());
    if (action !== "start" && action !== "stop") throw wrong(`unknown action: ${action}`, `알 수 없는 op_action: ${action}`, "start, stop, info");
    if (target === "") throw wrong("need a target", "op_target이 필요합니다", "worker, watcher, management");
    // Two that change the workers would count each other's.
    const mine = this.#changing.then(() => this.#change(action, target, detail.trim()));
    this.#changing = mine.catch(() => {});
    return mine;
  }

  async #change(action: "start" | "stop", target: string, detail: string): Promise<ManagementAnswer> {
    if (target === "worker") return action === "start" ? this.#startWorkers(detail) : this.#stopWorkers(detail);
    if (target === "all" && action === "stop") return { message: "Stop the operator: what runs is finished first", isEnd: true };
    if (target !== "watcher" && target !== "management") throw wrong(`unknown target: ${target}`, `알 수 없는 op_target: ${target}`, action === "stop" ? "worker, watcher, management, all" : "worker, watcher, management");
    if (detail !== "") throw wrong(`unknown detail: ${detail}`, `알 수 없는 op_detail: ${detail}`, "empty");
    if (target === "management" && this.#parts.plan().operator?.websocket === undefined) throw new CommandFailure("CONFLICT", { message: "this agent has no WebSocket of the old operator", hint: "Write `operator: { websocket: { port: 8081 } }` into `jobs:`.", ko: { message: "이 에이전트에는 이전 오퍼레이터의 WebSocket이 없습니다", hint: "`jobs:`에 `operator: { websocket: { port: 8081 } }`을 쓰세요." } });
    const isOn = target === "watcher" ? this.#parts.pool.watcher.isOn : this.#isOn;
    const isWanted = action === "start";
    if (isOn === isWanted) throw new CommandFailure("CONFLICT", { message: `${target} is already ${isOn ? "running" : "stopped"}`, ko: { message: `이미 ${isOn ? "실행 중입니다" : "멈춰 있습니다"}: ${target}` } });
    if (target === "watcher") this.#parts.pool.watcher.turn(isWanted);
    else {
      this.#isOn = isWanted;
      this.#parts.switched(isWanted);
    }
    return { message: `${target} ${isWanted ? "started" : "stopped"}` };
  }

  async #startWorkers(detail: string): Promise<ManagementAnswer> {
    const { pool, plan } = this.#parts;
    const { workers, slots, limits: { workersMax, slotsMax } } = plan();
    const running = pool.regular.length;
    if (detail === "") throw wrong("need a worker count", "op_detail에 워커 수가 필요합니다", "all, N, N(M)");
    if (detail === "all" && 0 < running) throw new CommandFailure("CONFLICT", { message: `${running} workers are already running`, ko: { message: `이미 워커 ${running}개가 실행 중입니다` } });
    const [, countText, slotsText] = /^(\d{1,6})(?:\((\d{1,6})\))?$/.exec(detail) ?? [];
    if (detail !== "all" && countText === undefined) throw wrong(`invalid worker count: ${detail}`, `워커 수를 읽을 수 없습니다: ${detail}`, "all, N, N(M)");
    const count = detail === "all" ? workers : Number(countText);
    const each = slotsText === undefined ? slots : Number(slotsText);
    if (count === 0 || each === 0) throw wrong("counts begin at 1", "수는 1 이상이어야 합니다", "3, 3(40)");
    if (detail === "all") pool.watcher.forget(); // All of them are begun here.
    const inAll = running + pool.watcher.missing;
    if (workersMax < inAll + count) throw wrong(`too many workers: ${inAll} running + ${count} > ${workersMax} (\`jobs: limits: workers\`)`, `워커가 너무 많습니다: 실행 중 ${inAll} + ${count} > ${workersMax} (\`jobs: limits: workers\`)`, "");
    if (slotsMax < each) throw wrong(`too many threads per worker: ${each} > ${slotsMax} (\`jobs: limits: slots\`)`, `워커당 스레드가 너무 많습니다: ${each} > ${slotsMax} (\`jobs: limits: slots\`)`, "");
    const pids = await pool.start(count, each);
    return { message: `${count} worker process(es) with ${each} thread(s) each started: ${pids.join(", ")}` };
  }

  async #stopWorkers(detail: string): Promise<ManagementAnswer> {
    const { pool } = this.#parts;
    const running = pool.regular;
    const chosen = chooseWorkers(detail, running);
    if (detail === "all") pool.watcher.forget();
    await pool.stop(chosen, STOP_MS);
    return { message: `${chosen.length} worker process(es) stopped: ${chosen.map(({ pid }) => pid).join(", ")}` };
  }

  async #info(target: string, detail: string): Promise<ManagementAnswer> {
    if (target === "") throw wrong("need a target", "op_target이 필요합니다", "worker");
    if (target !== "worker") throw wrong(`unknown target: ${target}`, `알 수 없는 op_target: ${target}`, "worker");
    const { pool, plan, queued, now } = this.#parts;
    const regular = pool.workers.filter(({ isQuarantine }) => !isQuarantine);
    const chosen = detail === "all" || detail === "" ? regular : chooseWorkers(detail, regular);
    const secretsOf = (rule: string): readonly string[] => pool.secretsOf(rule) ?? [];
    const silentMs = Math.max(SILENT_MS_MIN, plan().operator?.requestTimeoutMs ?? 0);
    const info = operatorInfo(chosen, { queued: await queued(), nowMs: now(), silentMs, secretsOf });
    return { message: JSON.stringify(info), info };
  }
}

function chooseWorkers(detail: string, running: readonly Worker[]): readonly Worker[] {
  if (detail === "") throw wrong("need a worker", "op_detail에 워커가 필요합니다", "all, pid=N, count=N");
  if (detail === "all") return running;
  const [, how, text] = /^(pid|count)=(\d{1,9})$/.exec(detail) ?? [];
  const number = Number(text);
  if (how === undefined) throw wrong(`unknown detail: ${detail}`, `알 수 없는 op_detail: ${detail}`, "all, pid=N, count=N");
  if (how === "pid") {
    const found = running.filter(({ pid }) => pid === number);
    if (found.length === 0) throw new CommandFailure("NOT_FOUND", { message: `unknown pid: ${number}`, ko: { message: `그런 pid의 워커가 없습니다: ${number}` } });
    return found;
  }
  if (number === 0) throw wrong("counts begin at 1", "수는 1 이상이어야 합니다", "count=1");
  if (running.length < number) throw new CommandFailure("CONFLICT", { message: `only ${running.length} worker(s) running, ${number} asked for`, ko: { message: `워커가 ${running.length}개뿐이라 ${number}개를 멈출 수 없습니다` } });
  return running.slice(0, number);
}

interface InfoFacts {
  readonly queued: number;
  readonly nowMs: number;
  /** A worker that has said nothing for so long is `Unknown`. */
  readonly silentMs: number;
  /** Arguments of a rule that are not shown. */
  secretsOf(rule: string): readonly string[];
}

/** Under the names that the old pages read. */
function operatorInfo(workers: readonly Worker[], { queued, ...facts }: InfoFacts): OperatorInfo {
  const each = workers.map((worker) => workerInfo(worker, facts));
  const count = { ...NO_COUNTS };
  for (const { counts } of workers) for (const name of Object.keys(count) as (keyof TaskCounts)[]) count[name] += counts[name];
  const sum = (value: (info: WorkerInfo) => number): number => each.reduce((total, info) => total + value(info), 0);
  const full = sum(({ status }) => Number(status === "Full"));
  const idle = sum(({ status }) => Number(status === "Idle"));
  const status = each.length === 0 ? "Down" : full === each.length ? "Full" : idle === each.length ? "Idle" : "Active";
  return {
    workers: each,
    total: {
      status,
      queued,
      worker: { total: each.length, full, active: each.length - full - idle, idle },
      thread: { total: sum(({ thread }) => thread.total), active: sum(({ thread }) => thread.active), idle: sum(({ thread }) => thread.idle) },
      count,
    },
  };
}

function workerInfo(worker: Worker, { nowMs, silentMs, secretsOf }: Omit<InfoFacts, "queued">): WorkerInfo {
  const { pid, slots: total, active, counts } = worker;
  const status = worker.isSilentFor(silentMs) || (!worker.isReady && !worker.isDraining) ? "Unknown" : active === 0 ? "Idle" : total <= active ? "Full" : "Active";
  return {
    pid,
    status,
    queued: 0, // Ours take nothing that they do not run at once.
    thread: { total, active, idle: Math.max(0, total - active) },
    count: { ...counts },
    active_tasks: [...worker.runs()].map(({ delivery: { job }, startedAtMs }, index) => ({ tid: index + 1, thread: `Task-${index + 1}`, start: startedAtMs / 1000, duration: Math.round(nowMs - startedAtMs) / 1000, message: shownMessage(job, secretsOf(job.rule)) })),
  };
}

function wrong(message: string, ko: string, right: string): CommandFailure {
  return new CommandFailure("INVALID", { message, ...(right === "" ? {} : { hint: `Write ${right}.` }), ko: { message: ko, ...(right === "" ? {} : { hint: `쓸 수 있는 값: ${right}` }) } });
}
