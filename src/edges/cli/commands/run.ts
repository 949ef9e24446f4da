// `dure run`: the agent in the foreground; also what `dure start` starts.
import { boundOutput, isInBackground, reportReady } from "#kernel/background.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import type { AgentLog } from "#kernel/log.ts";
import { RecentLog } from "#kernel/recent-log.ts";
import { takePidFile } from "#kernel/pid-file.ts";
import { removeStatus, statusFileOf, writeStatus } from "#kernel/status-file.ts";
import type { ControlServer } from "#kernel/control-socket.ts";
import { ShownMetrics } from "../../metrics/shown-metrics.ts";
import { reload, serveAgent } from "../agent-server.ts";
import { backgroundLog, consoleLog } from "../agent-log.ts";
import type { Call, Command, RunningAgent } from "../command.ts";
import { refuseOtherConfig } from "../other-config.ts";
import { planApart, planOrProblems } from "../plan-apart.ts";
import { exitCode } from "../exit-codes.ts";
import type { ExitCode } from "../exit-codes.ts";
import { runPlan } from "../run-plan.ts";
import { statusOf, summaryFacts, summaryText } from "../summary.ts";
import { durationOption } from "../units.ts";
import { version } from "../version-line.ts";
import { watchConfig } from "../watch-config.ts";

/** Soon after the start somebody looks whether it works; later a look now and then will do. */
const STATUS_FIRST_MS = 125;
const STATUS_EVERY_MS = 2000;

export const run: Command = async (call) => {
  const isBackground = isInBackground();
  const forMs = durationOption(call.options["for"], "--for");
  const plan = await planApart(call, call.args[0]);
  refuseOtherConfig(plan.pidFile, plan.configFile, exitCode.temporary);
  const pidFile = takePidFile(plan.pidFile);
  try {
    const recent = new RecentLog();
    const log = isBackground ? backgroundLog(call, plan, recent) : consoleLog(call, plan, plan.log.level, recent);
    try {
      if (isBackground) boundOutput(plan.log.fileBytesMax);
      log.info("agent started", { version: version(), process: process.pid, config: plan.configFile, pipelines: plan.pipelines.length });
      return await runAndTell(call, plan, { log, recent }, forMs, isBackground);
    } finally {
      log.close();
    }
  } finally {
    removeStatus(statusFileOf(plan.pidFile));
    pidFile.release();
  }
};

async function runAndTell(call: Call, plan: AgentPlan, { log, recent }: { readonly log: AgentLog; readonly recent: RecentLog }, forMs: number | undefined, isBackground: boolean): Promise<ExitCode> {
  const { globals, terminal, style, answer } = call;
  const status = statusWriter(plan, log);
  let control: Promise<ControlServer | undefined> | undefined;
  const running = Promise.withResolvers<RunningAgent>();
  const metrics = async () => {
    const agent = await running.promise;
    const { agentMetrics } = await import("../../metrics/agent-metrics.ts"); // Few agents are ever asked.
    return [...agentMetrics({ version: version(), pipelines: await agent.report() }), ...(await agent.metrics())];
  };
  const shown = new ShownMetrics(log, metrics);
  let stopWatching: (() => void) | undefined;
  try {
    await shown.move(plan.metrics);
    const { summary, exitCode } = await runPlan(plan, {
      call,
      log,
      mode: "run",
      forMs,
      pidFile: plan.pidFile,
      onStarted(agent) {
        status.follow(agent);
        running.resolve(agent);
        control = serveAgent({ agent, pidFile: plan.pidFile, log, recent, shown, metrics, readPlan: () => planApart(call, plan.configFile) });
        if (call.options["watch"] === true || plan.isWatched) stopWatching = watchConfig({ configFile: plan.configFile, files: plan.filesRead, log, changed: (files) => reloadChanged(call, plan, files, { agent, shown, log }) });
      },
      onReady(settled) {
        const reports = plan.pipelines.flatMap(({ name }) => settled.find((report) => report.name === name) ?? []);
        // A start of which nothing runs is a failed one: its end is what the waiting parent should see.
        if (reports.some(({ state }) => state !== "failed")) void reportReady({ pipelines: reports.map(statusOf) });
        status.write(reports);
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
    await (await control)?.close();
  }
}

/** Nobody looks on: what is wrong is said in the log, and the config before runs on. Gives the files to watch from now on. */
async function reloadChanged(call: Call, { configFile }: AgentPlan, before: readonly string[], running: Parameters<typeof reload>[0]): Promise<readonly string[]> {
  const { log } = running;
  let files = before;
  try {
    const read = await planOrProblems(call, configFile);
    // Where a config cannot be read to its end, what the one before was made of may be what has to be put right.
    files = "problems" in read ? [...new Set([...read.filesRead, ...before])] : read.plan.filesRead;
    if ("problems" in read) log.error("the changed config has errors; the config before runs on", { problems: read.problems });
    else await reload(running, read.plan);
  } catch (error) {
    log.error("the changed config could not be read; the config before runs on", { error });
  }
  return files;
}

/** Says every few seconds how things stand, for `dure status`. A full disk must not end an agent: it is told once and tried again. */
function statusWriter(plan: AgentPlan, log: AgentLog) {
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
