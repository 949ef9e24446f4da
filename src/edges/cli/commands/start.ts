// `dure start`: the agent in the background. Returns when it really runs, with what is up, or has failed, with what it said.
import { lang, say } from "#base/lang.ts";
import type { Text } from "#base/lang.ts";
import { planned } from "#capabilities/config/config-answers.ts";
import { startInBackground } from "#kernel/background.ts";
import { readPidFile } from "#kernel/pid-file.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import { backgroundLogFile, backgroundOutputFile } from "../agent-log.ts";
import { reasonText } from "#kernel/supervisor/reason-words.ts";
import { askAgent } from "../ask-agent.ts";
import type { Call, Command } from "../command.ts";
import { exitCode } from "../exit-codes.ts";
import type { ExitCode } from "../exit-codes.ts";
import { CliFailure } from "../failure.ts";
import { sayFirstLink } from "../first-link-words.ts";
import { refuseOtherConfig } from "../other-config.ts";
import { planAtStart } from "../plan-at-start.ts";
import { processStateText } from "../process-state.ts";
import { stateText } from "../summary.ts";
import { durationOption, secondsText } from "../units.ts";

const READY_WITHIN_MS = 30_000;

export const start: Command = async (call) => {
  const { globals, terminal, style, options, answer } = call;
  const readyWithinMs = durationOption(options["wait"], "--wait") ?? READY_WITHIN_MS;
  const started = await planAtStart((question) => planned(question), call, call.args[0]);
  const { plan } = started;
  refuseOtherConfig(plan.pidFile, plan.configFile, exitCode.temporary);
  const holder = readPidFile(plan.pidFile);
  if (holder.state === "running") {
    if (globals.isJson) answer({ state: "running", wasRunning: true, pid: holder.pid });
    else terminal.talk(say({ en: `already running (process ${holder.pid})`, ko: `이미 실행 중입니다 (프로세스 ${holder.pid})` }));
    return exitCode.done;
  }
  const startedAt = performance.now();
  const main = process.argv[1] ?? "";
  const verbosity = globals.verbosity < 0 ? ["--quiet"] : globals.verbosity > 0 ? ["--verbose"] : [];
  const outcome = await startInBackground({
    // The config was shown with its warnings just now: once is enough.
    args: [main, "run", plan.configFile, "--lang", lang(), ...(options["watch"] === true ? ["--watch"] : []), "--color", terminal.hasColor ? "always" : "never", ...(verbosity.length === 0 ? ["--quiet"] : verbosity)],
    outputFile: backgroundOutputFile(plan),
    readyWithinMs,
    given: started, // What was checked here is what runs, and is not checked a second time.
  });
  const logFile = backgroundLogFile(plan);
  switch (outcome.type) {
    case "ready": {
      const took = secondsText((performance.now() - startedAt) / 1000);
      if (globals.isJson) answer({ state: "running", wasRunning: false, pid: outcome.pid, logFile, pipelines: outcome.pipelines, ...(outcome.address === undefined ? {} : { address: outcome.address }) });
      else {
        terminal.talk(`${style.mark.ok} ${say({ en: `running (process ${outcome.pid}), up in ${took}; log: ${logFile}`, ko: `실행 중 (프로세스 ${outcome.pid}), ${took} 만에 시작; 로그: ${logFile}` })}`);
        await sayProcesses(call, plan);
        for (const { name, state, error } of outcome.pipelines) terminal.talk(`  ${name}  ${stateText({ state }, style)}${error === undefined ? "" : `: ${error}`}`);
        if (outcome.address !== undefined && 0 <= globals.verbosity) {
          terminal.talk(say({ en: `dashboard: ${outcome.address}`, ko: `대시보드: ${outcome.address}` }));
          await sayFirstLink(call, plan, outcome.address);
        }
      }
      return exitCode.done;
    }
    case "failed":
      if (outcome.reason !== undefined) throw new CliFailure(failedCode(outcome.exitCode), { en: `not started: ${outcome.reason.message}`, ko: `시작하지 못했습니다: ${outcome.reason.message}` }, hintWith(outcome.reason.hint, logFile));
      throw new CliFailure(failedCode(outcome.exitCode), {
        en: `the agent ended while it was starting (exit ${outcome.exitCode}); log: ${logFile}\n${outcome.output}`.trimEnd(),
        ko: `에이전트가 시작하다가 끝났습니다 (종료 코드 ${outcome.exitCode}); 로그: ${logFile}\n${outcome.output}`.trimEnd(),
      });
    case "silent":
      throw new CliFailure(exitCode.timeLimit, {
        en: `the agent was not up within ${secondsText(readyWithinMs / 1000)} and was ended; log: ${logFile}\n${outcome.output}`.trimEnd(),
        ko: `${secondsText(readyWithinMs / 1000)} 안에 준비되지 않아 끝냈습니다; 로그: ${logFile}\n${outcome.output}`.trimEnd(),
      });
  }
};

/** How each is in this moment: what has to wait for others goes on starting. */
async function sayProcesses(call: Call, { configFile, processes: { processes } }: AgentPlan): Promise<void> {
  if (processes.length === 0) return;
  try {
    const { processes: now } = await askAgent({ ...call, globals: { ...call.globals, config: [configFile] } }, "processes.list", {}, { signal: AbortSignal.timeout(ANSWER_MS) });
    for (const each of now.slice(0, PROCESSES_SHOWN)) call.terminal.talk(`  ${each.name}  ${processStateText(each, call.style)}${each.reason === undefined ? "" : `: ${say(reasonText(each.reason))}`}`);
    const more = now.length - PROCESSES_SHOWN;
    if (0 < more) call.terminal.talk(`  ${say({ en: `and ${more} more: dure process ls`, ko: `외 ${more}개: dure process ls` })}`);
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error; // That it runs has been said.
  }
}

const ANSWER_MS = 5000;
const PROCESSES_SHOWN = 20;

/** Both are in the language of who asked. */
function hintWith(hint: string | undefined, logFile: string): Text {
  const before = hint === undefined ? "" : `${hint}\n      `;
  return { en: `${before}log: ${logFile}`, ko: `${before}로그: ${logFile}` };
}

/** The code of the agent is ours, if it is one that we know; an end without a reason is still no start. */
function failedCode(code: number): ExitCode {
  const known = Object.values(exitCode).find((value) => value === code);
  return known === undefined || known === exitCode.done ? exitCode.failed : known;
}
