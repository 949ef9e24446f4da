// Where records would be lost, wait for ever or come twice, though nothing in the config is wrong.
import type { LintFacts } from "./lint.ts";
import { knows, placeOfOption, valueOf } from "./lint-step.ts";
import type { LintStep } from "./lint-step.ts";

export function deliveryRules({ steps, say }: LintFacts): void {
  for (const step of steps) {
    if (isNetworkOutput(step) && !step.isReplaceable && !step.before.some(({ kind }) => kind === "buffer"))
      say("DURE601", step.nameSpan, {
        text: { en: `'${step.name}' has neither a buffer before it nor another output to turn to`, ko: `'${step.name}' 앞에 버퍼가 없고 대신할 출력도 없습니다` },
        help: { en: `while its peer is down '${step.pipeline}' stands still; write \`- buffer.Size: { bytes: 1MB, storage: disk }\` before it, or a failover`, ko: `상대가 멈추면 '${step.pipeline}' 전체가 멈춥니다. 앞에 \`- buffer.Size: { bytes: 1MB, storage: disk }\`를 쓰거나 failover로 바꾸세요` },
      });
    const [input] = step.before;
    if (step.kind === "buffer" && step.options["storage"] === "memory" && input !== undefined && cannotReadAgain(input)) {
      const isWritten = valueOf(step, "storage") !== undefined;
      say("DURE602", placeOfOption(step, "storage"), {
        text: { en: `what '${input.name}' brought waits in memory only`, ko: `'${input.name}' 입력에서 받은 것이 메모리에만 있습니다` },
        ...(isWritten ? { suggestion: "disk" } : { help: { en: "a crash loses it; write `storage: disk`", ko: "갑자기 죽으면 잃습니다. `storage: disk`로 쓰세요" } }),
      });
    }
    if (step.kind === "out" && step.options["ack"] === false)
      say("DURE603", placeOfOption(step, "ack"), {
        text: { en: `'${step.name}' does not wait until its peer has the records`, ko: `'${step.name}' 출력은 상대가 받았는지 기다리지 않습니다` },
        suggestion: "true",
      });
  }
  sameWays(steps, say);
}

function sameWays(steps: readonly LintStep[], say: LintFacts["say"]): void {
  const seen = new Map<string, LintStep>();
  for (const step of steps) {
    const [input] = step.before;
    // Two writers of one file are told so by DURE308.
    if (!isNetworkOutput(step) || input === undefined || !knows(input, "path")) continue;
    const way = JSON.stringify([input.name, input.options["path"], step.name, step.options]);
    const other = seen.get(way);
    if (other === undefined) seen.set(way, step);
    else if (other.pipeline !== step.pipeline)
      say("DURE604", input.nameSpan, {
        text: { en: `'${other.pipeline}' brings the same files to the same '${step.name}'`, ko: `'${other.pipeline}'에서도 같은 파일을 같은 '${step.name}' 출력으로 보냅니다` },
        help: { en: "every line arrives twice; remove one of the two pipelines", ko: "모든 줄이 두 번 도착합니다. 두 파이프라인 가운데 하나를 지우세요" },
      });
  }
}

function isNetworkOutput(step: LintStep): boolean {
  return step.kind === "out" && knows(step, "host", "hosts", "url", "endpoint", "ip");
}

/** A listener, a program, the standard input: what they brought is nowhere else. */
function cannotReadAgain(input: LintStep): boolean {
  return knows(input, "port", "encoding") && !knows(input, "pos_dir", "start", "after", "db");
}
