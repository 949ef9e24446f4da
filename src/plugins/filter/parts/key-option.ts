// An option that names the fields by which records belong together.
import { z } from "#sdk/plugin.ts";

/** Parsed to a list; undefined when it is left out. */
export function keyFields() {
  return z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .transform((given) => (typeof given === "string" ? [given] : given))
    .pipe(z.array(z.string()))
    .optional();
}
