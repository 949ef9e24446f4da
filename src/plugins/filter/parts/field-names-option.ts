// An option that lists names of fields: one, or a list, each with at most one `*`.
import { z } from "#sdk/plugin.ts";

export function fieldName() {
  return z.string().min(1).refine((name) => name.split("*").length <= 2, { message: "write at most one `*` in a name", params: { ko: "이름 하나에 `*`는 한 번만 쓸 수 있습니다" } });
}

/** Parsed to a list. */
export function fieldNames() {
  return z
    .union([fieldName(), z.array(fieldName()).min(1)])
    .transform((given) => (typeof given === "string" ? [given] : given))
    .pipe(z.array(z.string()));
}
