// Writes to the standard output. Written means the reader's pipe, file or terminal has taken every byte, so a slow
// reader slows the pipeline. Bytes go to the descriptor itself: in a worker thread `process.stdout` is only a
// message to the main thread, which says nothing about order and completion.
import { PermanentError, systemCode } from "#base/errors.ts";
import type { Batch, Slice } from "#dataplane/batch.ts";
import type { TimeStyle } from "#dataplane/emit.ts";
import { defineOutput, z } from "#sdk/plugin.ts";
import { checkDelimited, columnsOption, delimitedRows } from "./parts/delimited.ts";
import { payloadOf } from "./parts/payload.ts";
import { timeText, unknownLetters } from "./parts/time-text.ts";
import { timeOptions, timeStyles } from "./parts/time-style.ts";
import { writeFully } from "./parts/write-fully.ts";

const STDOUT = 1;

const options = z
  .strictObject({
    format: z.enum(["auto", "json", "text", "csv", "tsv"]).default("auto").meta({
      description: "auto: lines as they are, records as JSON lines. csv, tsv: the fields of `columns`. tsv without `columns`: ISO time, tag and record with tabs between them.",
      ko: "auto: 줄은 그대로, 레코드는 JSON 한 줄씩. csv, tsv: `columns`의 필드. `columns` 없는 tsv: ISO 시각, 태그, 레코드를 탭으로 나눕니다.",
    }),
    ...columnsOption(),
    ...timeOptions({ zone: "local" }),
    time_format: z.string().min(1).optional().meta({
      description: "How `format: csv` and `tsv` write the time, when not as ISO 8601: strftime letters, such as `%Y-%m-%d %H:%M:%S.%L`.",
      ko: "`format: csv`와 `tsv`에서 ISO 8601 대신 쓸 시각 형식. strftime 문자로 씁니다(예: `%Y-%m-%d %H:%M:%S.%L`).",
    }),
  })
  .superRefine(({ format, columns, time_format: timeFormat }, context) => {
    if (format !== "tsv" || columns !== undefined) checkDelimited({ format, columns }, context);
    if (timeFormat === undefined) return;
    const issue = (en: string, ko: string): void => void context.addIssue({ code: "custom", path: ["time_format"], message: en, params: { ko } });
    if (format !== "tsv" && format !== "csv") issue("goes with `format: csv` or `tsv` only", "`format: csv`나 `tsv`와 함께만 쓸 수 있습니다");
    const unknown = unknownLetters(timeFormat).join(" ");
    if (unknown !== "") issue(`${unknown} is no letter of strftime that is known here`, `알 수 없는 strftime 문자입니다: ${unknown}`);
  });

export const stdout = defineOutput({
  name: "Stdout",
  summary: { en: "Writes to the standard output, for people and for pipes.", ko: "표준 출력에 씁니다." },
  options,
  shorthand: "format",
  example: "- out.Stdout:\n    format: tsv",
  async open(given, { log }) {
    const styleAt = timeStyles(given);
    const { format, columns, time_format: timeFormat } = given;
    const written = (batch: Batch, style: TimeStyle): Slice => {
      if (format !== "csv" && format !== "tsv") return payloadOf(batch, format === "text" ? "lines" : format, style);
      return columns === undefined ? tabbed(batch, style, timeFormat) : delimitedRows(batch, format, columns, style, timeFormat);
    };
    let isClosed = false;
    return {
      async write(batch, signal) {
        if (isClosed) throw new ReaderGoneError();
        const style = styleAt(batch.facts.seconds);
        const slice = written(batch, style);
        try {
          await writeFully(STDOUT, slice.bytes, null, signal);
          return { bytes: slice.length };
        } catch (error) {
          if (systemCode(error) !== "EPIPE" && systemCode(error) !== "EOF") throw error;
          if (!isClosed) log.warn("the reader of the standard output has gone", {});
          isClosed = true;
          throw new ReaderGoneError({ cause: error });
        } finally {
          slice.release();
        }
      },
      async healthy() {
        return !isClosed;
      },
      async close() {},
    };
  },
});

/** Whoever runs the pipeline may end it: no write will ever work again. */
class ReaderGoneError extends PermanentError {
  /** The system's code, for those who end quietly as `head` makes others do. */
  readonly systemCode = "EPIPE";
  constructor(options: { cause?: unknown } = {}) {
    super("the reader of the standard output has gone", { ...options, hint: "Start the pipeline again with a reader." });
  }
}

/** `ISO time TAB tag TAB record` as Swak wrote it. */
function tabbed(batch: Batch, style: TimeStyle, timeFormat: string | undefined): Slice {
  const body = batch.form === "lines" ? batch.text() : batch.json({ key: "", offsetMinutes: 0, digits: 0 });
  const records = body.bytes.toString("utf8").split("\n");
  body.release();
  let text = "";
  let line = 0;
  for (let row = 0; row < batch.rows; row += 1) {
    if (!batch.isKept(row)) continue;
    text += `${timeText(batch.timeMs(row), style, timeFormat)}\t${batch.tag}\t${records[line]?.replace(/\r$/, "") ?? ""}\n`;
    line += 1;
  }
  const bytes = Buffer.from(text);
  return { pointer: 0, length: bytes.length, bytes, release() {} };
}
