// An option that holds a regular expression: checked where the config is checked, text afterwards.
import { z } from "zod";
import { PatternError, readPattern } from "./pattern.ts";

export function pattern() {
  return z
    .string()
    .min(1)
    .superRefine((text, context) => {
      try {
        readPattern(text);
      } catch (error) {
        if (!(error instanceof PatternError)) throw error;
        context.addIssue({ code: "custom", message: error.text.en, params: { ko: error.text.ko } });
      }
    });
}
