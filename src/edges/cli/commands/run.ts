// `dure run`: the agent in the foreground; also what `dure start` starts.
import { join } from "node:path";
import { collectNow } from "#base/early-gc.ts";
import { boundOutput, handedOver, isInBackground, reportFailure, reportReady } from "#kernel/background.ts";
import { RunningConfig } from "#capabilities/config/config.ts";
import { ConfigWorker } from "#capabilities/config/config-worker.ts";
import type { PlanAnswer, PlanQuestion } from "#capabilities/config/config-questions.ts";
import type { AgentLog } from "#kernel/log.ts";
import { RecentLog } from "#kernel/recent-log.ts";
import { takePidFile } from "#kernel/pid-file.ts";
import { removeStatus, statusFileOf, writeStatus } from "#kernel/status-file.ts";
import { ShownMetrics } from "../../metrics/shown-metrics.ts";
import type { Door } from "../../http/door.ts";
import { reloadAgent } from "../reload-agent.ts";
import { backgroundLog, consoleLog } from "../agent-log.ts";
import type { ControlPlane, RunningAgent } from "../agent-port.ts";
import type { Call, Command } from "../command.ts";
import { refuseOtherConfig } from "../other-config.ts";
import { planAtStart } from "../plan-at-start.ts";
import type { PlanAtStart } from "../plan-at-start.ts";
import { exitCode } from "../exit-codes.ts";
import type { ExitCode } from "../exit-codes.ts";
import { runPlan } from "../run-plan.ts";
import { statusOf } from "#capabilities/pipelines/look.ts";
import { summaryFacts, summaryText } from "../summary.ts";
import { durationOption } from "../units.ts";
import { version } from "../version-line.ts";

/** Soon after the start somebody looks whether it works; later a look now and then will do. */
const STATUS_FIRST_MS = 125;
const STATUS_EVERY_MS = 2000;

export const run: Command = async (call) => {
  const isBackground = isInBackground();
  const forMs = durationOption(call.options["for"], "--for");
  await using worker = new ConfigWorker();
  const started = ((await handedOver()) as PlanAtStart | undefined) ?? (await planAtStart((question) => asked(call, worker, question), call, call.args[0]));
  worker.rest(); // It takes more memory than the agent itself, and is not needed until the config changes.
  const { plan } = started;
  refuseOtherConfig(plan.pidFile, plan.configFile, exitCode.temporary);
  const pidFile = takePidFile(plan.pidFile);
  // Agents with pid files of their own may share a data folder, but not the processes and queues in it.
  let processesFile: ReturnType<typeof takePidFile> | undefined;
  try {
    if (0 < plan.processes.processes.length) processesFile = takePidFile(join(plan.dataDir, "processes", "agent.pid"));
    const recent = new RecentLog();
    const log = isBackground ? backgroundLog(call, plan, recent) : consoleLog(call, plan, plan.log.level, recent);
    try {
      if (isBackground) boundOutput(plan.log.fileBytesMax);
      return await runAndTell(call, { ...started, worker }, { log, recent }, forMs, isBackground);
    } catch (error) {
      if (isBackground) await tellFailure(log, error);
      throw error;
    } finally {
      log.close();
    }
  } finally {
    processesFile?.release();
    removeStatus(statusFileOf(plan.pidFile));
    pidFile.release();
  }
};

async function asked(call: Call, worker: ConfigWorker, question: PlanQuestion): Promise<PlanAnswer> {
  const answer = worker.ask(question);
  await call.agent.foresee(question.file);
  return answer;
}

async function runAndTell(call: Call, { plan, hash, bytes, worker }: PlanAtStart & { readonly worker: ConfigWorker }, { log, recent }: { readonly log: AgentLog; readonly recent: RecentLog }, forMs: number | undefined, isBackground: boolean): Promise<ExitCode> {
  const { globals, terminal, style, answer } = call;
  const status = statusWriter(plan, log);
  let control: Promise<ControlPlane> | undefined;
  const running = Promise.withResolvers<RunningAgent>();
  const metrics = async () => {
    const agent = await running.promise;
    const { agentMetrics } = await import("../../metrics/agent-metrics.ts"); // Few agents are ever asked.
    const { jobFacts } = await import("../job-facts.ts");
    const engine = await agent.processes.engine();
    return [...agentMetrics({ version: version(), pipelines: await agent.report(), processes: (await engine?.list()) ?? [], jobs: await jobFacts(agent.jobs) }), ...(await agent.metrics())];
  };
  const shown = new ShownMetrics(log, metrics);
  let stopWatching: (() => void) | undefined;
  let door: Door | undefined;
  try {
    const watching = call.options["watch"] === true || plan.isWatched ? await import("../watch-config.ts") : undefined;
    await shown.move(plan.metrics);
    door = await call.agent.openDoor(plan, log);
    const { summary, exitCode } = await runPlan(plan, {
      call,
      log,
      mode: "run",
      forMs,
      pidFile: plan.pidFile,
      onStarted(agent) {
        // From here on a stop is heard: whoever read this line may ask for one.
        log.info("agent started", { version: version(), process: process.pid, config: plan.configFile, pipelines: plan.pipelines.length });
        status.follow(agent);
        running.resolve(agent);
        const config = new RunningConfig({ worker, log, plan, hash, bytes, goOver: (next) => reloadAgent({ agent, shown, log }, next), compare: (next) => agent.compare(next) });
        control = call.agent.control({ plan, agent, version: version(), log, recent, metrics, door, config });
        stopWatching = watching?.watchConfig({ configFile: plan.configFile, files: plan.filesRead, readSinceMs: performance.timeOrigin, log, changed: (files) => config.reloadChanged(files) });
      },
      onReady(settled) {
        const reports = plan.pipelines.flatMap(({ name }) => settled.find((report) => report.name === name) ?? []);
        // A start of which nothing runs is a failed one: its end is what the waiting parent should see.
        if (reports.length === 0 || reports.some(({ state }) => state !== "failed")) void reportReady({ pipelines: reports.map(statusOf), ...(door === undefined ? {} : { address: door.address }) });
        status.write(reports);
        collectNow(); // A start leaves a megabyte behind.
        if (door !== undefined && !isBackground && !globals.isJson && terminal.isInteractive && 0 <= globals.verbosity) void sayFirstLink(call, plan, door.address);
      },
    });
    log.info("agent ended", { seconds: Math.round(summary.seconds), exitCode });
    if (globals.isJson) answer(summaryFacts(summary));
    else if (isBackground) for (const { name, error } of summary.pipelines) if (error !== undefined) terminal.talk(`${name}: ${error}`);
    if (!globals.isJson && !isBackground && globals.verbosity >= 0) terminal.talk(`\n${summaryText(summary, style)}`);
    return exitCode;
  } finally {
    stopWatching?.();
    status.stop();
    await shown.close();
    await door?.close();
    await (await control)?.close();
  }
}

/** Nobody sees what the background prints: why it ends stands in its log, and goes to who waits for the start. */
async function tellFailure(log: AgentLog, error: unknown): Promise<void> {
  const { message, hint } = (await import("../failure.ts")).explained(error);
  log.error("the agent cannot run", { reason: message, ...(hint === undefined ? {} : { hint }) });
  await reportFailure({ message, hint });
}

async function sayFirstLink(call: Call, plan: PlanAtStart["plan"], address: string): Promise<void> {
  const words = await import("../first-link-words.ts"); // Only where somebody looks on.
  await words.sayFirstLink(call, plan, address);
}

/** Says every few seconds how things stand, for `dure status`. A full disk must not end an agent: it is told once and tried again. */
function statusWriter(plan: PlanAtStart["plan"], log: AgentLog) {
  const startedAtMs = Date.now();
  let timer: NodeJS.Timeout | undefined;
  let everyMs = STATUS_FIRST_MS;
  let isStopped = false;
  const write = (reports: Awaited<ReturnType<RunningAgent["report"]>>) => {
    try {
      writeStatus(statusFileOf(plan.pidFile), { pid: process.pid, startedAtMs, writtenAtMs: Date.now(), configFile: plan.configFile, pipelines: reports.map(statusOf) });
    } catch (error) {
      log.warn("the status file cannot be written", { error });
    }
  };
  return {
    write,
    follow: function follow(agent: RunningAgent): void {
      timer = setTimeout(async () => {
        const reports = await agent.report();
        if (isStopped) return;
        write(reports);
        everyMs = Math.min(STATUS_EVERY_MS, everyMs * 2);
        follow(agent);
      }, everyMs).unref();
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
