// Of every command that goes on until somebody ends it.
import type { OptionSpec } from "../command.ts";

export const forOption: OptionSpec = { flags: "--for <duration>", text: { en: "end by itself after this time: 20s, 5m", ko: "이 시간이 지나면 스스로 종료: 20s, 5m" } };
