// Reads lines from the standard input, until it ends. What was read and not written when the agent is killed is lost:
// a pipe cannot be read again. For input that must survive, write a file and use in.FileTail.
import iconv from "iconv-lite";
import { Batch } from "#dataplane/batch.ts";
import { encoding } from "#sdk/encoding-option.ts";
import { size } from "#sdk/options.ts";
import { defineInput, z } from "#sdk/plugin.ts";
import { byteSource } from "./parts/byte-source.ts";
import { LineCutter } from "./parts/line-cutter.ts";

const options = z.strictObject({
  encoding: encoding().meta({ description: "Encoding of the input; lines are UTF-8 inside.", ko: "입력의 인코딩. 안에서는 UTF-8입니다." }),
  max_line: size().prefault("1MB").meta({
    description: "A longer line is cut here; the rest of it is skipped and counted.",
    ko: "이보다 긴 줄은 여기서 자르고 나머지는 버리며 수를 셉니다.",
  }),
  tag: z.string().min(1).default("stdin").meta({ description: "Tag of the lines.", ko: "줄의 태그." }),
});

const STDIN = 0;
const BYTE_ORDER_MARK = 0xefbbbf;
const READ_BYTES = 256 << 10;
/** Most that decoding makes of a byte: two bytes of CP949 are three of UTF-8, one of latin1 is two. */
const GROWTH = 3;

export const stdin = defineInput({
  name: "Stdin",
  summary: { en: "Reads lines from the standard input.", ko: "표준 입력에서 줄을 읽습니다." },
  options,
  shorthand: "encoding",
  example: "- in.Stdin",
  async open({ encoding: encodingName, max_line: lineBytesMax, tag }, { pool, clock, log, count }) {
    const source = byteSource(STDIN);
    const cutter = new LineCutter(lineBytesMax);
    const decoder = /^utf-?8$/i.test(encodingName) ? undefined : iconv.getDecoder(encodingName);
    const raw = Buffer.alloc(decoder === undefined ? 0 : READ_BYTES);
    let isAtEnd = false;
    let isAtStart = true;
    let tooLongSaid = false;

    /** New bytes as UTF-8 behind what was carried; 0 more only at the end. */
    async function fill(into: Buffer, at: number, signal: AbortSignal): Promise<number | undefined> {
      if (decoder === undefined) {
        const bytes = await source.read(into.subarray(at, at + READ_BYTES), signal);
        if (bytes === 0) isAtEnd = true;
        return bytes;
      }
      const bytes = await source.read(raw, signal);
      if (bytes === undefined) return undefined;
      if (bytes === 0) isAtEnd = true;
      return into.write((bytes === 0 ? decoder.end() : decoder.write(raw.subarray(0, bytes))) ?? "", at);
    }

    return {
      async read(signal) {
        while (!isAtEnd) {
          const room = cutter.roomFor(READ_BYTES * (decoder === undefined ? 1 : GROWTH));
          await pool.room(room, signal);
          const chunk = pool.take(room);
          const into = chunk.bytes;
          try {
            const carried = cutter.putCarried(into);
            const fresh = await fill(into, carried, signal);
            if (fresh === undefined) {
              chunk.release();
              return undefined;
            }
            let length = carried + fresh;
            if (isAtStart && 3 <= length && into.readUIntBE(0, 3) === BYTE_ORDER_MARK) {
              into.copyWithin(0, 3, length);
              length -= 3;
            }
            isAtStart &&= length < 3;
            const cut = cutter.cut(into, length, isAtEnd);
            if (0 < cut.tooLong) {
              count("lines_too_long_total", cut.tooLong);
              if (!tooLongSaid) log.warn("a line of the standard input is too long and was cut; more are only counted", { lineBytesMax });
              tooLongSaid = true;
            }
            if (0 < cut.length) {
              const now = clock.now();
              return {
                batch: Batch.lines(chunk, 0, cut.length, { tag, seconds: Math.floor(now / 1000), nanoseconds: (now % 1000) * 1_000_000, source: "stdin" }),
              };
            }
          } catch (error) {
            chunk.release();
            throw error;
          }
          chunk.release();
        }
        return undefined;
      },
      async close() {
        source.close();
      },
    };
  },
});
