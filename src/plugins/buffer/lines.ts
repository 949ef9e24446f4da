// Holds the stream and gives it on in batches of exactly so many records.
import { duration } from "#sdk/options.ts";
import { defineBuffer, z } from "#sdk/plugin.ts";
import { bufferFiles, checkHolding, holdingOptions, openBuffer } from "./parts/options.ts";

const options = z
  .strictObject({
    lines: z.int().min(1).meta({
      description: "How many lines (records) each batch has. The rest waits for more, or for the input's end. A batch has fewer only when the buffer is full before (max_bytes) or `timeout` has passed.",
      ko: "한 묶음의 라인(레코드) 수. 나머지는 더 들어오거나 입력이 끝날 때까지 기다립니다. 버퍼가 먼저 차거나(max_bytes) `timeout`이 지나면 더 적을 수 있습니다.",
    }),
    timeout: duration().optional().meta({
      description: "Gives on what is held this long after its first record, even when there are fewer lines; 0s: as soon as nothing more is there. Without it the buffer waits.",
      ko: "첫 레코드로부터 이 시간이 지나면 라인 수가 모자라도 내보냅니다. 0s는 더 없으면 바로. 없으면 기다립니다.",
    }),
    ...holdingOptions,
  })
  .superRefine(checkHolding);

export const lines = defineBuffer({
  name: "Lines",
  summary: { en: "Gives records on in batches of a given number.", ko: "정한 라인 수만큼 모아 내보냅니다." },
  options,
  aliases: ["out.LinedBuffer"],
  shorthand: "lines",
  example: "- buffer.Lines: {lines: 100}",
  files: bufferFiles,
  open: (given, context) => openBuffer({ rows: given.lines, ...(given.timeout === undefined ? {} : { afterMs: given.timeout }) }, given, context),
});
