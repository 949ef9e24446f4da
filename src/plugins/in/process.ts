// Reads what a process prints that the same agent keeps alive. Its lines wait in a durable queue until the pipeline has written them: after a crash what was
// not committed comes again, so delivery is at least once.
import { UsageError } from "#base/errors.ts";
import { Batch } from "#dataplane/batch.ts";
import { defineInput, z } from "#sdk/plugin.ts";
import { readerName } from "#sdk/process-link.ts";
import type { PrintedLines } from "#sdk/process-link.ts";

const options = z.strictObject({
  process: z.string().trim().normalize().min(1).meta({ description: "Name of the process under `processes:`.", ko: "`processes:` 아래의 프로세스 이름.", names: "process" }),
  tag: z.string().min(1).optional().meta({ description: "Tag of the lines; the name of the process unless given.", ko: "줄의 태그. 없으면 프로세스 이름." }),
});

export const process = defineInput({
  name: "Process",
  summary: { en: "Reads the lines that a process of this agent prints.", ko: "이 에이전트의 프로세스가 출력하는 줄을 읽습니다." },
  options,
  shorthand: "process",
  example: "- in.Process: detect",
  async open({ process: name, tag = name }, { processes, pipeline, step, pool, clock }) {
    if (processes === undefined) {
      throw new UsageError("in.Process works beside the processes of a running agent only", {
        hint: "Under `dure test` and `dure try` no process runs: give the test its records by `from:`.",
        ko: { message: "in.Process: 프로세스가 함께 실행되는 에이전트에서만 동작합니다", hint: "`dure test`와 `dure try`에서는 프로세스가 실행되지 않습니다. 테스트에 `from:`으로 레코드를 주세요." },
      });
    }
    const reader = processes.openReader(name, readerName(pipeline, step));
    /** Read, and there was no room yet. */
    let held: PrintedLines | undefined;
    return {
      async read(signal) {
        held ??= await reader.read(signal);
        if (held === undefined) return undefined;
        const { lines, count, ack } = held;
        await pool.room(lines.length, signal);
        if (signal.aborted) return undefined;
        held = undefined;
        const chunk = pool.take(lines.length);
        chunk.bytes.set(lines);
        const nowMs = clock.now();
        return { batch: Batch.lines(chunk, 0, lines.length, { tag, source: name, seconds: Math.floor(nowMs / 1000), nanoseconds: (nowMs % 1000) * 1_000_000 }, count), ack };
      },
      async close() {
        reader.close();
      },
    };
  },
});
