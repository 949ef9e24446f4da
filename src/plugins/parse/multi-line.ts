// Joins lines into events: a stack trace with the line it belongs to, the parts of a line that a container runtime cut. Events are held
// until the next one begins, by source, and what is held is committed with the positions (sdk/gathering.ts).
import { duration, size } from "#sdk/options.ts";
import { defineGatheringParse, z } from "#sdk/plugin.ts";
import { gatheringStep } from "#sdk/gathering.ts";
import type { EventRulesText } from "./multi-line/event-rules.ts";
import { readRegExp } from "./multi-line/read-reg-exp.ts";
import { PRESETS } from "./multi-line/presets.ts";

const presetNames = [...(Object.keys(PRESETS) as (keyof typeof PRESETS)[]), "cri", "docker"] as const;

const options = z
  .strictObject({
    preset: z.enum(presetNames).optional().meta({
      description: "Lines that are known by name: stack traces of java, dotnet, python, node, ruby or go; the parts of cut lines in files of Kubernetes (cri: `time stream P|F text`) or of Docker's json-file driver (docker), which become `message` and `stream`.",
      ko: "이름으로 알려진 줄: java, dotnet, python, node, ruby, go의 스택 트레이스. 쿠버네티스(cri: `time stream P|F text`)와 도커 json-file(docker) 로그에서는 나뉜 줄을 이어 `message`와 `stream`으로 만듭니다.",
    }),
    start: z.string().min(1).optional().meta({ description: "A pattern of the lines that begin an event, such as `^\\d{4}-\\d\\d-\\d\\d`; all others belong to the event before them. Flags as in `/…/i`.", ko: "이벤트가 시작되는 줄의 정규식(예: `^\\d{4}-\\d\\d-\\d\\d`). 나머지 줄은 앞 이벤트에 붙습니다. 플래그는 `/…/i`처럼 씁니다." }),
    continue: z.string().min(1).optional().meta({ description: "A pattern of the lines that belong to the event before them, such as `^\\s`; all others begin one.", ko: "앞 이벤트에 붙는 줄의 정규식(예: `^\\s`). 나머지 줄은 새 이벤트를 시작합니다." }),
    end: z.string().min(1).optional().meta({ description: "A pattern of the lines that end an event, such as `;$`. Alone, every line up to it belongs to the event.", ko: "이벤트가 끝나는 줄의 정규식(예: `;$`). 이것만 쓰면 그 줄까지 모두 한 이벤트입니다." }),
    negate: z.boolean().prefault(false).meta({ description: "Turns `start` or `continue` round: the lines that do not fit.", ko: "`start`나 `continue`를 뒤집어, 맞지 않는 줄로 봅니다." }),
    key: z.string().min(1).prefault("message").meta({ description: "The field that holds the line when records come in instead of lines.", ko: "줄 대신 레코드가 들어올 때 줄이 들어 있는 필드." }),
    timeout: duration().prefault("1s").meta({ description: "An event is given on this long after its last line, though the next one has not begun.", ko: "다음 이벤트가 시작되지 않아도, 마지막 줄로부터 이 시간이 지나면 내보냅니다." }),
    max_lines: z.int().min(1).prefault(1000).meta({ description: "The most lines of an event; a longer one is given on in parts.", ko: "이벤트의 최대 줄 수. 더 길면 나누어 내보냅니다." }),
    max_bytes: size()
      .refine((bytes) => 0 < bytes, { message: "must be more than 0", params: { ko: "0보다 커야 합니다" } })
      .prefault("256k")
      .meta({ description: "The most bytes of an event; a longer one is given on in parts, between lines.", ko: "이벤트의 최대 크기. 더 길면 줄 사이에서 나누어 내보냅니다." }),
  })
  .superRefine((given, context) => {
    const issue = (path: string, en: string, ko: string): void => void context.addIssue({ code: "custom", path: [path], message: en, params: { ko } });
    const { preset, start, end, negate } = given;
    const ways = [preset, start, given.continue].filter((way) => way !== undefined).length;
    if (1 < ways || (preset !== undefined && end !== undefined)) issue(preset === undefined ? "continue" : "preset", "write one of `preset`, `start` and `continue`; `end` goes with the last two", "`preset`, `start`, `continue` 중 하나만 쓰세요. `end`는 뒤의 둘과만 함께 쓸 수 있습니다");
    if (ways === 0 && end === undefined) issue("preset", "say which lines make an event: `preset`, `start`, `continue` or `end`", "어떤 줄이 한 이벤트인지 쓰세요: `preset`, `start`, `continue`, `end`");
    if (negate && start === undefined && given.continue === undefined) issue("negate", "`negate` turns `start` or `continue` round, and there is none", "`negate`로 뒤집을 `start`나 `continue`가 없습니다");
    for (const path of ["start", "continue", "end"] as const) {
      try {
        if (given[path] !== undefined) readRegExp(given[path]);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        issue(path, `not a regular expression: ${reason}`, `정규식이 올바르지 않습니다: ${reason}`);
      }
    }
  });

export const multiLine = defineGatheringParse({
  name: "MultiLine",
  summary: { en: "Joins lines into events: stack traces, statements, lines that a container runtime cut.", ko: "여러 줄을 한 이벤트로 잇습니다: 스택 트레이스, 여러 줄 문장, 컨테이너 런타임에서 나뉜 줄." },
  shorthand: "preset",
  options,
  example: "parse.MultiLine:\n  preset: java",
  async open(given, context) {
    const timeoutMs = given.timeout;
    const limits = { linesMax: given.max_lines, bytesMax: given.max_bytes, timeoutMs };
    const { preset } = given;
    if (preset === "cri" || preset === "docker") {
      const { ContainerLines } = await import("./multi-line/container-lines.ts");
      return gatheringStep(new ContainerLines(preset, limits, context), context);
    }
    const [{ EventRules }, { Events }] = await Promise.all([import("./multi-line/event-rules.ts"), import("./multi-line/events.ts")]);
    const rules = new EventRules(preset === undefined ? ownRules(given) : PRESETS[preset]);
    return gatheringStep(new Events(rules, { ...limits, key: given.key }, context), context);
  },
});

function ownRules({ start, continue: continued, end, negate }: z.output<typeof options>): EventRulesText {
  const takes = start !== undefined ? [{ pattern: start, isNot: !negate }] : [{ pattern: continued ?? "^", isNot: continued !== undefined && negate }];
  return { takes, ends: end };
}
