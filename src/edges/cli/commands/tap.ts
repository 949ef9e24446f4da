// `dure tap PIPELINE:STEP`: the records that pass a step of the running agent, as they pass. Records go to stdout, talk to stderr.
import { say } from "#base/lang.ts";
import type { JsonValue } from "#base/json.ts";
import { PER_SECOND_MAX } from "#capabilities/pipelines/taps.ts";
import type { EventOf } from "../../all-commands.ts";
import { askAgent } from "../ask-agent.ts";
import type { Call, Command } from "../command.ts";
import { exitCode } from "../exit-codes.ts";
import { wrongUse } from "../failure.ts";
import type { Style } from "../terminal.ts";
import { countOption, countText, durationOption } from "../units.ts";

type Sample = EventOf<"pipelines.tap">;

/** What a person can follow. */
const PER_SECOND = 10;
const UNREAD_BYTES_MAX = 1 << 20;

export const tap: Command = async (call) => {
  const { options, terminal } = call;
  const [pipeline = "", step = "1"] = splitTarget(call.args[0] ?? "");
  const limit = countOption(options["limit"], "--limit");
  const isAll = options["all"] === true;
  const perSecondMax = isAll ? PER_SECOND_MAX : Math.min(PER_SECOND_MAX, countOption(options["perSecond"], "--per-second") ?? Math.max(PER_SECOND, limit ?? 0));
  const where = await whereOption(options["where"]);
  const forMs = durationOption(options["for"], "--for");
  const enough = new AbortController();
  const timer = forMs === undefined ? undefined : setTimeout(() => enough.abort(), forMs);
  let isInterrupted = false;
  const onInterrupt = (): void => {
    isInterrupted = true;
    enough.abort();
  };
  process.once("SIGINT", onInterrupt).once("SIGTERM", onInterrupt);
  let shown = 0;
  let skipped = 0;
  const onEvent = (sample: Sample): void => {
    if (0 < sample.skipped && skipped === 0 && limit === undefined && !isAll) terminal.talk(say({ en: `more pass than the ${countText(perSecondMax)} a second that are shown; all of them: --all, another number: --per-second`, ko: `초당 ${countText(perSecondMax)}개만 보입니다. 모두 보려면 --all, 개수를 바꾸려면 --per-second` }));
    skipped += sample.skipped;
    for (const record of sample.records) {
      if (limit !== undefined && limit <= shown) break;
      // Whoever reads on may have stopped for a while, as a pager does: what he leaves is not piled up here.
      if (UNREAD_BYTES_MAX < process.stdout.writableLength) {
        skipped += 1;
        continue;
      }
      shown += 1;
      print(call, sample, record);
    }
    if (limit !== undefined && limit <= shown) enough.abort();
  };
  const params = { pipeline, step, isDiff: options["diff"] === true, perSecondMax, ...(where === undefined ? {} : { where }) };
  try {
    await askAgent(call, "pipelines.tap", params, { onEvent, signal: enough.signal });
  } catch (error) {
    if (!enough.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
    process.off("SIGINT", onInterrupt).off("SIGTERM", onInterrupt);
  }
  const isDone = limit !== undefined && limit <= shown; // Nobody asked for more.
  if (0 < skipped && !isDone) terminal.talk(say({ en: `${countText(skipped)} more passed and were not shown (at most ${countText(perSecondMax)} a second)`, ko: `그 밖에 ${countText(skipped)}개는 보이지 않았습니다 (초당 최대 ${countText(perSecondMax)}개)` }));
  if (shown === 0 && !isDone) terminal.talk(sayNothing(`${pipeline}:${step}`, where !== undefined));
  return isInterrupted ? exitCode.interrupted : exitCode.done;
};

function sayNothing(target: string, isFiltered: boolean): string {
  if (isFiltered) return say({ en: `no record that passed ${target} was one of these`, ko: `${target} 단계를 지난 것 중 조건에 맞는 레코드가 없었습니다` });
  return say({ en: `no record passed ${target}; \`dure ls\` shows what moves`, ko: `${target} 단계를 지난 레코드가 없습니다. 무엇이 움직이는지는 \`dure ls\`` });
}

/** Read here, where a slip can be told in the reader's language. */
async function whereOption(value: unknown): Promise<string | undefined> {
  if (typeof value !== "string") return undefined;
  const { ExpressionError, readExpression } = await import("#sdk/expression.ts");
  try {
    readExpression(value);
    return value;
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw wrongUse({ en: `\`--where ${value}\`: ${error.text.en}`, ko: `\`--where ${value}\`: ${error.text.ko}` }, { en: "the record is `r`: --where 'r.status >= 500'", ko: "레코드는 `r`입니다: --where 'r.status >= 500'" });
  }
}

/** `web-logs:parse.Regex`; names of pipelines hold no colon. */
function splitTarget(target: string): readonly string[] {
  const colon = target.indexOf(":");
  return colon === -1 ? [target] : [target.slice(0, colon), target.slice(colon + 1)];
}

function print({ globals, options, terminal, style, answer }: Call, { step, tag }: Sample, { timeMs, before, after }: Sample["records"][number]): void {
  const time = new Date(timeMs).toISOString();
  if (globals.isJson) return answer({ step, tag, time, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) });
  if (options["diff"] !== true) return terminal.print(`${style.dim(`${time} ${tag}`)} ${JSON.stringify(after)}`);
  if (before !== undefined) terminal.print(style.red(`- ${JSON.stringify(before)}`));
  terminal.print(after === undefined ? style.dim(`  ${say({ en: "(nothing came out)", ko: "(나온 것 없음)" })}`) : changed(before, after, style));
}

/** What came out; what is new or different in it stands out. */
function changed(before: JsonValue | undefined, after: JsonValue, style: Style): string {
  if (before === undefined || !isMap(before) || !isMap(after)) return style.green(`+ ${JSON.stringify(after)}`);
  const fields = Object.entries(after).map(([key, value]) => {
    const text = `${JSON.stringify(key)}:${JSON.stringify(value)}`;
    return JSON.stringify(before[key]) === JSON.stringify(value) ? style.dim(text) : style.green(text);
  });
  return `${style.green("+")} {${fields.join(",")}}`;
}

function isMap(value: JsonValue): value is { readonly [key: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
