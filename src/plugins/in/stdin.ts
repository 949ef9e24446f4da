// Reads lines from the standard input, until it ends. What was read and not written when the agent is killed is lost:
// a pipe cannot be read again. For input that must survive, write a file and use in.FileTail.
import { encoding } from "#sdk/encoding-option.ts";
import { size } from "#sdk/options.ts";
import { defineInput, z } from "#sdk/plugin.ts";
import type { Delivery } from "#sdk/plugin.ts";
import { byteSource } from "./parts/byte-source.ts";
import { LineReader } from "./parts/line-reader.ts";

const options = z.strictObject({
  encoding: encoding().meta({ description: "Encoding of the input; lines are UTF-8 inside.", ko: "입력의 인코딩. 안에서는 UTF-8입니다." }),
  max_line: size().prefault("1MB").meta({
    description: "A longer line is cut here; the rest of it is skipped and counted.",
    ko: "이보다 긴 줄은 여기서 자르고 나머지는 버리며 수를 셉니다.",
  }),
  tag: z.string().min(1).default("stdin").meta({ description: "Tag of the lines.", ko: "줄의 태그." }),
});

const STDIN = 0;
export const stdin = defineInput({
  name: "Stdin",
  summary: { en: "Reads lines from the standard input.", ko: "표준 입력에서 줄을 읽습니다." },
  options,
  shorthand: "encoding",
  example: "- in.Stdin",
  async open({ encoding: encodingName, max_line: lineBytesMax, tag }, { pool, clock, log, count }) {
    const source = byteSource(STDIN);
    let tooLongSaid = false;
    const onTooLong = (lines: number): void => {
      count("lines_too_long_total", lines);
      if (!tooLongSaid) log.warn("a line of the standard input is too long and was cut; more are only counted", { lineBytesMax });
      tooLongSaid = true;
    };
    const lines = new LineReader(source, { encoding: encodingName, lineBytesMax, tag, source: "stdin", onTooLong }, { pool, clock });
    const read = async (signal: AbortSignal): Promise<Delivery | undefined> => {
      const batch = await lines.read(signal);
      return batch === undefined || batch === "end" ? undefined : { batch };
    };
    return {
      read,
      async readRest(signal) {
        source.finish();
        return read(signal);
      },
      async close() {
        source.close();
      },
    };
  },
});
