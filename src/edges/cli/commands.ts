// The commands made by hand, in the order of the help: the parser, the help and "did you mean" are made from them. Each group has its file in specs/.
import type { CommandSpec, OptionSpec } from "./command.ts";
import { explaining } from "./specs/explaining.ts";
import { keeping } from "./specs/keeping.ts";
import { looking } from "./specs/looking.ts";
import { processing } from "./specs/processing.ts";
import { running } from "./specs/running.ts";
import { trying } from "./specs/trying.ts";
import { writing } from "./specs/writing.ts";

export const globalOptions: readonly OptionSpec[] = [
  { flags: "-c, --config <file>", isRepeatable: true, text: { en: "the config (default: dure.yml here)", ko: "설정 파일 (기본: 현재 폴더의 dure.yml)" } },
  { flags: "--lang <lang>", choices: ["ko", "en"], text: { en: "language: ko or en", ko: "언어: ko 또는 en" } },
  { flags: "--color <when>", choices: ["auto", "always", "never"], text: { en: "auto, always or never (also NO_COLOR)", ko: "auto, always, never (NO_COLOR도 가능)" } },
  { flags: "--json", text: { en: "answer in JSON, a line each (dure help json)", ko: "JSON 한 줄로 답함 (dure help json)" } },
  { flags: "-q, --quiet", text: { en: "say only warnings and errors", ko: "경고와 오류만 출력" } },
  { flags: "-v, --verbose", text: { en: "say more", ko: "더 자세히 출력" } },
];

/** Of each command that asks an agent (`of`): of one elsewhere, over HTTP. */
export const remoteOptions: readonly OptionSpec[] = [
  { flags: "--url <address>", text: { en: "ask the agent at this address instead: https://host:8600 (also DURE_URL)", ko: "이 주소의 에이전트에 물음: https://host:8600 (DURE_URL도 가능)" } },
  { flags: "--token-file <file>", text: { en: "with the token in this file (or DURE_TOKEN)", ko: "이 파일의 토큰으로 (또는 DURE_TOKEN)" } },
  { flags: "--token <token>", text: { en: "the token itself; other users of this machine can see it", ko: "토큰을 직접 씀; 이 컴퓨터의 다른 사용자가 볼 수 있음" } },
  { flags: "--ca <file>", text: { en: "trust this certificate too (PEM)", ko: "이 인증서도 신뢰함 (PEM)" } },
];

export const commands: readonly CommandSpec[] = [...running, ...trying, ...looking, ...processing, ...writing, ...keeping, ...explaining];
