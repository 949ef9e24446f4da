// A pipeline's graph as commands answer with it.
import { z } from "zod";
import { textSchema } from "../commands/text-schema.ts";
import { KINDS } from "./graph.ts";

export const placeSchema = z.strictObject({ file: z.string(), line: z.number(), column: z.number() });

export const graphSchema = z.strictObject({
  name: z.string(),
  nodes: z.array(
    z.strictObject({
      id: z.string().describe("As in a tap: `3`, `3.1.2`."),
      plugin: z.string(),
      kind: z.enum(KINDS),
      about: z.string().describe("What tells it from others of its kind: a path, an address, an expression."),
      options: z.json().describe("With defaults and without secrets."),
      place: placeSchema,
    }),
  ),
  links: z.array(z.strictObject({ from: z.string(), to: z.string(), label: textSchema, isStandby: z.boolean().describe("Nothing goes this way while the ways before it are well.") })),
});
