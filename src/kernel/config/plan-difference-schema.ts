// What a reload would change, as commands answer with it.
import { z } from "zod";

const names = z.array(z.string());

export const planDifferenceSchema = z.strictObject({
  same: names,
  changed: names,
  steps: z
    .array(
      z.strictObject({
        pipeline: z.string(),
        step: z.string().describe("`3:filter.Where`; of one that is removed, as it was."),
        is: z.enum(["changed", "added", "removed"]),
        options: names.optional().describe("Names of the options that differ; never what they hold."),
        isCodeNew: z.boolean().optional().describe("A plugin of the user's own, whose file or what that imports holds something else."),
      }),
    )
    .describe("Of the changed ones: which steps and options."),
  added: names,
  removed: names,
  processes: z.strictObject({ same: names, changed: names, added: names, removed: names }).describe("Those of `processes:`, by their names."),
  atNextStart: names.describe("Settings of the agent that differ and take effect with the next start."),
  atOnce: names,
});
