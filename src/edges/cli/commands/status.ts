// `dure status`: the exit code says it as the Linux Standard Base wants it: 0 running, 3 not running, 1 dead with a pid file left, 4 cannot tell.
import { say } from "#base/lang.ts";
import { readPidFile } from "#kernel/pid-file.ts";
import type { AgentProcess } from "#kernel/pid-file.ts";
import { readStatus, statusFileOf } from "#kernel/status-file.ts";
import type { AgentStatus } from "#kernel/status-file.ts";
import { toError } from "#base/errors.ts";
import type { ResultOf } from "../../all-commands.ts";
import { agentOf, isElsewhere } from "../ask-agent.ts";
import type { Ask } from "../ask-agent.ts";
import type { Call, Command } from "../command.ts";
import { pidFileOf } from "../config-file.ts";
import { exitCode } from "../exit-codes.ts";
import type { ExitCode } from "../exit-codes.ts";
import { CliFailure } from "../failure.ts";
import { printable } from "#kernel/config/cells.ts";
import { processTable } from "../process-table.ts";
import type { ShownProcess } from "../process-table.ts";
import type { Style } from "../terminal.ts";
import { pipelineTable } from "../summary.ts";
import { countText, secondsText } from "../units.ts";

export const status: Command = async (call) => {
  if (isElsewhere({ globals: { ...call.globals, config: [...call.globals.config, ...call.args] } })) return statusElsewhere(call);
  const { pidFile } = await pidFileOf(call, call.args[0]);
  const holder = stateOf(pidFile);
  if (holder.state === "absent") return told(call, exitCode.notRunning, { state: "not running" }, [say({ en: "not running", ko: "실행 중이 아닙니다" })]);
  if (holder.state === "dead") {
    const text = say({ en: `dead: process ${holder.pid} has ended, its pid file ${pidFile} is left`, ko: `죽었습니다: 프로세스 ${holder.pid} 종료됨, pid 파일이 남아 있습니다: ${pidFile}` });
    return told(call, exitCode.failed, { state: "dead", pid: holder.pid }, [text]);
  }
  const last = readStatus(statusFileOf(pidFile));
  const known = last?.pid === holder.pid ? last : undefined;
  // Where it cannot be written, on a full disk, the file would say for hours that all is well.
  const isOld = known !== undefined && known.writtenAtMs < Date.now() - STATUS_OLD_MS;
  return running(call, holder.pid, holder.sinceMs, isOld ? await askedNow(call, known) : known, await agentHere(call).then(seenNow, () => ({})));
};

/** Written every few seconds: what is older was not written when it should have been. */
const STATUS_OLD_MS = 15_000;

async function askedNow(call: Call, known: AgentStatus): Promise<AgentStatus | undefined> {
  try {
    const ask = await agentHere(call);
    return { ...known, ...pipelinesOf(await ask("pipelines.list", {}, { signal: AbortSignal.timeout(ANSWER_MS) })) };
  } catch {
    return undefined; // That it runs is known; old figures are worse than none.
  }
}

const ANSWER_MS = 5000;

function agentHere(call: Call): Promise<Ask> {
  const config = call.args[0] === undefined ? call.globals.config : [call.args[0]];
  return agentOf({ ...call, globals: { ...call.globals, config } });
}

/** What no file tells of; that the agent runs is known without. */
interface Seen {
  readonly processes?: readonly ShownProcess[];
  readonly jobs?: ShownJobs;
}

type ShownJobs = Pick<ResultOf<"jobs.look">, "queue" | "workers" | "notices" | "isForNoticesOnly">;

async function seenNow(ask: Ask): Promise<Seen> {
  const within = { signal: AbortSignal.timeout(ANSWER_MS) };
  const [processes, jobs] = await Promise.all([ask("processes.list", {}, within).then(({ processes: all }) => all, () => []), ask("jobs.look", {}, within).then(({ queue, workers, notices, isForNoticesOnly }) => ({ queue, workers, notices, ...(isForNoticesOnly === undefined ? {} : { isForNoticesOnly }) }), () => undefined)]);
  return { ...(processes.length === 0 ? {} : { processes }), ...(jobs === undefined ? {} : { jobs }) };
}

/** Why no job can be run now; undefined: they can. */
function jobsTrouble({ queue: { state }, workers, isForNoticesOnly }: ShownJobs): string | undefined {
  if (state.is !== "open") return state.why;
  return isForNoticesOnly === true || workers.some((worker) => worker.state === "ready") ? undefined : say({ en: "no worker is ready", ko: "준비된 워커가 없습니다" });
}

/** `jobs  ✓ 5 workers  12 wait, 3 run, 0 dead letters`. */
function jobsLine(jobs: ShownJobs, style: Style): string {
  const { queue: { depth }, workers, notices } = jobs;
  const trouble = jobsTrouble(jobs);
  const ready = workers.filter((worker) => worker.state === "ready").length;
  const amounts = depth === undefined ? say({ en: "how many wait is unknown", ko: "대기 작업 수를 알 수 없습니다" }) : say({ en: `${countText(depth.queued + depth.delayed)} wait, ${countText(depth.running)} run, ${countText(depth.failed)} dead letters`, ko: `대기 ${countText(depth.queued + depth.delayed)}, 실행 중 ${countText(depth.running)}, 데드레터 ${countText(depth.failed)}` });
  // A receiver that is away is worth a word; notices that come and go are not.
  const untold = notices.waiting + notices.failed === 0 ? "" : say({ en: `; notices: ${countText(notices.waiting)} wait, ${countText(notices.failed)} dead letters`, ko: `; 알림: 대기 ${countText(notices.waiting)}, 데드레터 ${countText(notices.failed)}` });
  return `${say({ en: "jobs", ko: "작업" })}  ${trouble === undefined ? style.mark.ok : style.mark.bad} ${say({ en: `${ready} workers`, ko: `워커 ${ready}개` })}  ${amounts}${untold}${trouble === undefined ? "" : `  ${printable(trouble)}`}`;
}

/** As the status file has them. */
function pipelinesOf({ atMs, pipelines }: ResultOf<"pipelines.list">): Pick<AgentStatus, "writtenAtMs" | "pipelines"> {
  return { writtenAtMs: atMs, pipelines: pipelines.map(({ steps: _, ...rest }) => rest) };
}

/** Whether an agent that cannot be reached runs, nobody can tell. */
async function statusElsewhere(call: Call): Promise<ExitCode> {
  try {
    const ask = await agentOf(call);
    const { pid, startedAtMs, configFile } = await ask("agent.show");
    return running(call, pid, startedAtMs, { pid, startedAtMs, configFile, ...pipelinesOf(await ask("pipelines.list")) }, await seenNow(ask));
  } catch (error) {
    if (!(error instanceof CliFailure) || error.exitCode !== exitCode.unreachable) throw error;
    throw new CliFailure(exitCode.cannotTell, { en: `cannot tell: ${error.text.en}`, ko: `알 수 없습니다: ${error.text.ko}` }, error.hint);
  }
}

function running(call: Call, pid: number, sinceMs: number, known: AgentStatus | undefined, { processes = [], jobs }: Seen): ExitCode {
  const isDegraded = (known?.pipelines.some(({ state }) => state === "failed" || state === "restarting") ?? false) || processes.some(({ state, isCrashLooping }) => state === "failed" || isCrashLooping) || (jobs !== undefined && jobsTrouble(jobs) !== undefined);
  const since = secondsText((Date.now() - sinceMs) / 1000);
  const lines = [say({ en: `running (process ${pid}) for ${since}`, ko: `실행 중 (프로세스 ${pid}), ${since} 동안` }), ...(known === undefined ? [] : pipelineTable(known.pipelines, call.style)), ...(processes.length === 0 ? [] : processTable(processes, call.style)), ...(jobs === undefined ? [] : [jobsLine(jobs, call.style)])];
  const code = isDegraded && call.options["strict"] === true ? exitCode.cannotTell : exitCode.done;
  return told(call, code, { state: "running", pid, sinceMs, ...asJson(known), ...(processes.length === 0 ? {} : { processes }), ...(jobs === undefined ? {} : { jobs }) }, lines);
}

function stateOf(pidFile: string): AgentProcess {
  try {
    return readPidFile(pidFile);
  } catch (error) {
    throw new CliFailure(exitCode.cannotTell, { en: `cannot tell: ${toError(error).message}`, ko: `알 수 없습니다: ${toError(error).message}` });
  }
}

function asJson(known: AgentStatus | undefined): object {
  return known === undefined ? {} : { configFile: known.configFile, writtenAtMs: known.writtenAtMs, pipelines: known.pipelines };
}

function told({ globals, terminal, answer }: Call, code: ExitCode, json: object, lines: readonly string[]): ExitCode {
  if (globals.isJson) answer(json);
  else terminal.print(lines.join("\n"));
  return code;
}
