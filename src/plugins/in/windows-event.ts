// Reads Windows event logs through the system's own program, wevtutil. The position is the number of the last record of each log that was
// written, so that a restart goes on exactly behind it. What is made of wevtutil's output and how it is called is tested on recorded
// output; it was not run on Windows.
import { duration } from "#sdk/options.ts";
import { defineInput, z } from "#sdk/plugin.ts";

const CHANNELS = ["System", "Application"];
const PERIOD_LEAST_MS = 100;
/** wevtutil takes what begins with a slash for an option, or for a file. */
const channel = z.string().refine((name) => /^[^/\0"<>|\\][^\0"<>|\\]*$/.test(name), {
  message: "write the name of a log, such as System or Microsoft-Windows-Sysmon/Operational",
  params: { ko: "로그 이름을 쓰세요. 예: System, Microsoft-Windows-Sysmon/Operational" },
});

const options = z.strictObject({
  channel: z.union([channel, z.array(channel).min(1)]).default(CHANNELS).meta({
    description: "Logs to read, such as System, Application, Security (needs an administrator) or Microsoft-Windows-Sysmon/Operational.",
    ko: "읽을 로그. 예: System, Application, Security(관리자 권한 필요), Microsoft-Windows-Sysmon/Operational.",
  }),
  where: z.string().min(1).optional().meta({
    description: "Only events whose System part fits this XPath condition: `Level<=3`, `Provider[@Name='Service Control Manager'] and EventID=7036`.",
    ko: "System 부분이 이 XPath 조건에 맞는 이벤트만 읽습니다. 예: `Level<=3`, `Provider[@Name='Service Control Manager'] and EventID=7036`.",
  }),
  start: z.enum(["beginning", "end"]).default("beginning").meta({ description: "Where to begin in logs of which no position is known.", ko: "읽은 위치가 없는 로그를 어디서부터 읽을지." }),
  poll: duration().pipe(z.number().min(PERIOD_LEAST_MS)).prefault("5s").meta({ description: "How often to ask for new events.", ko: "새 이벤트를 확인하는 간격." }),
  timeout: duration().pipe(z.number().positive()).prefault("60s").meta({ description: "wevtutil is ended when it takes longer.", ko: "wevtutil이 이보다 오래 걸리면 끝냅니다." }),
  locale: z.string().refine((text) => /^[A-Za-z]{2,3}(?:-[A-Za-z0-9]+)*$/.test(text), { message: "write a language such as ko-KR", params: { ko: "ko-KR 같은 언어를 쓰세요" } }).optional().meta({ description: "Language of the messages, such as ko-KR; by default that of the system.", ko: "메시지의 언어. 예: ko-KR. 기본값은 시스템의 언어입니다." }),
  tag: z.string().min(1).default("windows.event").meta({ description: "Tag of the records.", ko: "레코드의 태그." }),
});

export const windowsEvent = defineInput({
  name: "WindowsEvent",
  summary: {
    en: "Reads Windows event logs through wevtutil (tested on recorded output only, not on Windows).",
    ko: "wevtutil로 Windows 이벤트 로그를 읽습니다(녹화한 출력으로만 시험했고 Windows에서는 시험하지 않았습니다).",
  },
  options,
  shorthand: "channel",
  example: "- in.WindowsEvent:\n    channel: [System, Security]\n    where: Level<=3",
  async open(given, context) {
    const { EventInput } = await import("./windows-event/event-input.ts");
    return new EventInput(
      { channels: [...new Set([given.channel].flat())], where: given.where, start: given.start, pollMs: given.poll, timeoutMs: given.timeout, locale: given.locale, tag: given.tag },
      context,
    );
  },
  async checkEnvironment(_, { configDir }) {
    const { findProgram } = await import("#base/child/find-program.ts");
    if (findProgram("wevtutil", configDir) !== undefined) return [];
    return [{ en: "wevtutil is not found: Windows event logs are there on Windows only", ko: "wevtutil을 찾을 수 없습니다. Windows 이벤트 로그는 Windows에만 있습니다" }];
  },
});
