// `dure graph --live`: the drawing with the running agent's rates and what its buffers hold, looked at again each second. An agent that goes is
// waited for, once it has answered.
import { setTimeout as pause } from "node:timers/promises";
import { say } from "#base/lang.ts";
import { printable } from "#kernel/config/cells.ts";
import type { Look } from "#capabilities/pipelines/look.ts";
import { agentOf, isElsewhere } from "../ask-agent.ts";
import type { Call } from "../command.ts";
import { configFileOf } from "../config-path.ts";
import { exitCode } from "../exit-codes.ts";
import type { ExitCode } from "../exit-codes.ts";
import { explained } from "../failure.ts";
import type { Explained } from "../failure.ts";
import { graphFacts } from "../graph/documents.ts";
import type { PipelineGraph } from "../graph/graph.ts";
import { withLive } from "../graph/live.ts";
import { graphText } from "../graph/text.ts";
import { errorFacts } from "../json-answer.ts";
import { stateText } from "../summary.ts";
import { cut } from "../top/fit.ts";
import { openFullScreen } from "../top/full-screen.ts";
import type { FullScreen } from "../top/full-screen.ts";
import { keysOf } from "../top/state.ts";
import { countText, durationOption } from "../units.ts";
import { untilStopped } from "../until-stopped.ts";

const EVERY_MS = 1000;
const ANSWER_MS = 5000;
const UP = ["k", "\x1b[A", "\x1bOA"];
const DOWN = ["j", "\x1b[B", "\x1bOB"];

export async function graphLive(call: Call, graphs: readonly PipelineGraph[]): Promise<ExitCode> {
  const { globals, terminal, options } = call;
  const forMs = durationOption(options["for"], "--for");
  const ask = await agentOf(isElsewhere(call) ? call : { ...call, globals: { ...globals, config: [configFileOf(call, call.args[0])] } });
  const look = (signal: AbortSignal): Promise<Look> => ask("pipelines.list", {}, { signal });
  let latest = withLive(graphs, await look(AbortSignal.timeout(ANSWER_MS)));
  const hasScreen = terminal.isInteractive && process.stdin.isTTY === true && process.env["TERM"] !== "dumb";
  if (!hasScreen && !globals.isJson) {
    terminal.print(drawing(latest, call));
    return exitCode.done;
  }

  return untilStopped(forMs, async (stopped) => {
    const quit = new AbortController();
    const ended = AbortSignal.any([stopped, quit.signal]);
    let trouble: Explained | undefined;
    using screen = globals.isJson ? undefined : liveScreen(call, () => quit.abort(), () => ({ latest, trouble }));
    while (!ended.aborted) {
      if (globals.isJson) call.answer(trouble === undefined ? graphFacts(latest) : errorFacts(trouble));
      screen?.draw();
      await pause(EVERY_MS, undefined, { signal: ended }).catch(() => {}); // Aborted: the loop ends.
      if (ended.aborted) break;
      try {
        latest = withLive(graphs, await look(AbortSignal.any([ended, AbortSignal.timeout(ANSWER_MS)])));
        trouble = undefined;
      } catch (error) {
        trouble = explained(error);
      }
    }
  });
}

interface Shown {
  readonly latest: readonly PipelineGraph[];
  readonly trouble: Explained | undefined;
}

/** A drawing may be longer than the terminal: it is scrolled. */
function liveScreen(call: Call, quit: () => void, shown: () => Shown): { draw(): void; [Symbol.dispose](): void } {
  let from = 0;
  const screen: FullScreen = openFullScreen({
    onText(text) {
      for (const key of keysOf(text)) {
        if (key === "q" || key === "\x03") return quit();
        from = Math.max(0, from + (DOWN.includes(key) ? 1 : UP.includes(key) ? -1 : 0));
      }
      draw();
    },
    onResize: () => draw(),
    onEnd: quit,
  });
  const draw = (): void => {
    const { columns, rows } = screen.size();
    const { latest, trouble } = shown();
    const room = Math.max(1, rows - 2);
    const lines = drawing(latest, call).split("\n");
    from = Math.max(0, Math.min(from, lines.length - room));
    const body = lines.slice(from, from + room);
    const waiting = say({ en: "waiting for the agent", ko: "에이전트를 기다리는 중" });
    const state = trouble === undefined ? "" : `${call.style.mark.bad} ${call.style.red(printable(trouble.message.split("\n")[0] ?? ""))} - ${waiting}`;
    const keys = call.style.dim(say({ en: "q quit  j k scroll", ko: "q 종료  j k 이동" }));
    screen.draw([...body, ...Array.from({ length: Math.max(0, room - body.length) }, () => ""), state, keys].slice(-rows).map((line) => cut(line, columns)));
  };
  return { draw, [Symbol.dispose]: () => screen[Symbol.dispose]() };
}

function drawing(graphs: readonly PipelineGraph[], { terminal, style }: Call): string {
  return graphText(graphs, terminal.hasUnicode, ({ live }) => {
    if (live === undefined) return style.dim(say({ en: "(not in the running agent)", ko: "(실행 중인 에이전트에 없음)" }));
    const { recordsInPerSecond, recordsOutPerSecond = 0 } = live;
    const rates = recordsInPerSecond === undefined ? "" : say({ en: `  in ${countText(recordsInPerSecond)}/s, out ${countText(recordsOutPerSecond)}/s`, ko: `  입력 ${countText(recordsInPerSecond)}/초, 출력 ${countText(recordsOutPerSecond)}/초` });
    return `${stateText(live, style)}${rates}`;
  });
}
