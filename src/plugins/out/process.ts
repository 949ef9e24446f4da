// Gives each record to a process of the same agent as a line on its standard input. Written means that the process's durable queue has it: from there on its flow's
// `ack` says when it is done. A crash between the two may give it twice.
import { UsageError } from "#base/errors.ts";
import { defineOutput, z } from "#sdk/plugin.ts";
import { payloadOf } from "./parts/payload.ts";
import { timeOptions, timeStyles } from "./parts/time-style.ts";

const options = z.strictObject({
  process: z.string().trim().normalize().min(1).meta({ description: "Name of the process under `processes:`.", ko: "`processes:` 아래의 프로세스 이름.", names: "process" }),
  format: z.enum(["auto", "lines", "json"]).default("auto").meta({ description: "What it reads. auto: text lines as they are, records as JSON lines.", ko: "보내는 형식. auto: 줄은 그대로, 레코드는 JSON 한 줄씩." }),
  ...timeOptions({ zone: "utc" }),
});

export const process = defineOutput({
  name: "Process",
  summary: { en: "Gives records to a process of this agent as lines on its standard input.", ko: "레코드를 이 에이전트의 프로세스에 표준 입력의 줄로 보냅니다." },
  options,
  shorthand: "process",
  example: "- out.Process: load",
  async open(given, { processes }) {
    if (processes === undefined) {
      throw new UsageError("out.Process works beside the processes of a running agent only", {
        hint: "Under `dure test` and `dure try` no process runs: mock the output in the test.",
        ko: { message: "out.Process: 프로세스가 함께 실행되는 에이전트에서만 동작합니다", hint: "`dure test`와 `dure try`에서는 프로세스가 실행되지 않습니다. 테스트에서 출력을 대신하세요." },
      });
    }
    const styleAt = timeStyles(given);
    return {
      async write(batch, signal) {
        if (batch.count === 0) return { bytes: 0 };
        const slice = payloadOf(batch, given.format, styleAt(batch.facts.seconds));
        try {
          // A copy: chunk memory is shared with other threads, and is given back before the queue has written it.
          await processes.produce(given.process, Buffer.from(slice.bytes), signal);
          return { bytes: slice.length };
        } finally {
          slice.release();
        }
      },
      async close() {},
    };
  },
});
