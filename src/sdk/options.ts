// Option types that configs write with units: `poll_every: 500ms`, `rotate_size: 10MB`. After parsing they are plain numbers.
import { z } from "zod";
import { parseDurationMs, parseSizeBytes } from "#base/quantities.ts";

/** A duration with its unit; parsed to milliseconds. */
export function duration() {
  return z
    .union([z.string(), z.number()])
    .transform((text, context) => {
      const ms = parseDurationMs(text);
      if (ms !== undefined) return ms;
      context.addIssue({ code: "custom", message: "write a duration with its unit, such as 500ms, 10s, 5m, 2h or 1d", params: { ko: "단위를 붙인 시간을 쓰세요: 500ms, 10s, 5m, 2h, 1d" } });
      return z.NEVER;
    })
    .pipe(z.number())
    .meta({ unit: "duration" }); // For the reference and for editors.
}

/** A size with its unit; parsed to bytes. */
export function size() {
  return z
    .union([z.string(), z.number()])
    .transform((text, context) => {
      const bytes = parseSizeBytes(text);
      if (bytes !== undefined) return bytes;
      context.addIssue({ code: "custom", message: "write a size such as 512, 64k, 10MB or 1GB", params: { ko: "크기를 512, 64k, 10MB, 1GB 처럼 쓰세요" } });
      return z.NEVER;
    })
    .pipe(z.number())
    .meta({ unit: "size" });
}
