// An option that holds an expression: checked where the config is checked, text afterwards.
import { z } from "zod";
import { ExpressionError, readExpression } from "./expression.ts";

export function expression() {
  return z
    .string()
    .min(1)
    .superRefine((source, context) => {
      try {
        readExpression(source);
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        context.addIssue({ code: "custom", message: error.text.en, params: { ko: error.text.ko, column: error.column } });
      }
    });
}
