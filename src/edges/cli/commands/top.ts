// `dure top`: the running agent's pipelines on the whole screen, looked at again each second. An agent that goes is waited for.
import { setTimeout as pause } from "node:timers/promises";
import { toError } from "#base/errors.ts";
import { say } from "#base/lang.ts";
import { agentOf } from "../ask-agent.ts";
import type { Command } from "../command.ts";
import { CliFailure } from "../failure.ts";
import { Asking } from "../top/asking.ts";
import { openFullScreen } from "../top/full-screen.ts";
import { withJobs } from "../top/jobs.ts";
import { topScreen } from "../top/screen.ts";
import { afterKey, keysOf, START, withLook, withProcesses, withTrouble } from "../top/state.ts";
import type { TopState } from "../top/state.ts";
import { untilStopped } from "../until-stopped.ts";
import { ls } from "./ls.ts";

const EVERY_MS = 1000;
const ANSWER_MS = 5000;

export const top: Command = async (call) => {
  const { globals, terminal, style } = call;
  const hasScreen = terminal.isInteractive && process.stdin.isTTY === true && process.env["TERM"] !== "dumb";
  if (!hasScreen && !globals.isJson) terminal.talk(say({ en: "no terminal to draw on: one look, as `dure ls` has it", ko: "그릴 터미널이 없어 `dure ls`처럼 한 번만 보여 줍니다" }));
  if (!hasScreen || globals.isJson) return ls(call);

  const ask = await agentOf(call);
  return untilStopped(undefined, async (stopped) => {
    const quit = new AbortController();
    const ended = AbortSignal.any([stopped, quit.signal]);
    let state = START;
    const asking = new Asking(ask, (change) => {
      state = change(state);
      draw();
      asking.follow(state);
    });
    using screen = openFullScreen({
      onText(text) {
        for (const key of keysOf(text)) {
          const next = afterKey(state, key);
          if (next === undefined) return quit.abort();
          state = next;
          asking.follow(state);
        }
        draw();
      },
      onResize: () => draw(),
      onEnd: () => quit.abort(),
    });
    const draw = (): void => screen.draw(topScreen(state, screen.size(), { style, hasUnicode: terminal.hasUnicode }));
    try {
      while (!ended.aborted) {
        const late = AbortSignal.timeout(ANSWER_MS);
        try {
          state = withLook(state, await ask("pipelines.list", {}, { signal: AbortSignal.any([ended, late]) }));
          asking.follow(state);
          const { processes } = await ask("processes.list", {}, { signal: AbortSignal.any([ended, late]) });
          state = withProcesses(state, processes);
          state = await seenJobs(state, ask, AbortSignal.any([ended, late]));
        } catch (error) {
          state = withTrouble(state, late.aborted ? say({ en: "the agent does not answer", ko: "에이전트가 응답하지 않습니다" }) : error instanceof CliFailure ? say(error.text) : toError(error).message);
        }
        if (ended.aborted) break;
        draw();
        await pause(EVERY_MS, undefined, { signal: ended }).catch(() => {}); // Aborted: the loop ends.
      }
    } finally {
      asking.close();
    }
  });
};

/** Of an agent without jobs nothing is seen: they may come with the next config. */
async function seenJobs(state: TopState, ask: Awaited<ReturnType<typeof agentOf>>, signal: AbortSignal): Promise<TopState> {
  try {
    const [look, { rules }] = await Promise.all([ask("jobs.look", {}, { signal }), ask("jobs.rules", {}, { signal })]);
    return withJobs(state, { look, rules });
  } catch (error) {
    if (signal.aborted || !(error instanceof CliFailure)) throw error;
    return state;
  }
}
