// The README of a plugin that `dure init` makes, in the language of who makes it.
import { say } from "#base/lang.ts";
import type { MadeKind } from "./commands/init.ts";

const FEATURES = {
  in: { en: "counts, and goes on where it was after a restart", ko: "수를 세고, 다시 시작하면 이어서 셉니다" },
  parse: { en: "takes lines such as `2026-01-02T03:04:05Z|pay|12` apart; others go on as they are", ko: "`2026-01-02T03:04:05Z|pay|12` 같은 줄을 나눕니다. 다른 줄은 그대로 지나갑니다" },
  filter: { en: "keeps records whose `n` is odd, and those without one", ko: "`n`이 홀수이거나 없는 레코드를 남깁니다" },
  out: { en: "appends JSON lines to a file", ko: "파일 끝에 JSON을 한 줄씩 붙입니다" },
} as const;

const SAMPLES = { in: '{"n":1}', parse: '{"time":"2026-01-02T03:04:05Z","service":"pay","ms":12}', filter: '{"n":1,"is_odd":true}', out: '{"n":1}' } as const;

export function readmeOf(name: string, short: string, kinds: readonly MadeKind[]): string {
  const has = (kind: MadeKind) => kinds.includes(kind);
  const steps = [has("in") ? `in.${name}` : "in.Stdin", has("parse") ? `parse.${name}` : "", has("filter") ? `filter.${name}` : "", has("out") ? `out.${name} out.jsonl` : "out.Stdout"];
  const features = kinds.map((kind) => `- \`${kind}.${name}\`: ${say(FEATURES[kind])}.`).join("\n");
  return `# dure-plugin-${short}

${say({ en: "Plugins for Dure.", ko: "두레 플러그인입니다." })}

## Usage

${say({ en: "Put this folder into `plugins/` beside your config.", ko: "이 폴더를 설정 파일 옆 `plugins/`에 둡니다." })}

\`\`\`console
dure try '${steps.filter((step) => step !== "").join(" | ")}'
\`\`\`

${say({ en: "Its tests: `npm test`. In another place, run `npm link dure` once before.", ko: "테스트: `npm test`. 다른 곳에 옮겼다면 먼저 `npm link dure`를 한 번 실행합니다." })}

## Features

${features}

## Sample output

\`\`\`json
${SAMPLES[kinds.at(-1) ?? "in"]}
\`\`\`
`;
}
