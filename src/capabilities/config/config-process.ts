// The process that reads configs for an agent: see config-worker.ts. It ends with the agent, and when the agent needs it no more.
import { importQuickly } from "#kernel/lean-imports.ts";
import type { FromProcess, ToProcess } from "./config-questions.ts";

importQuickly();
process.on("disconnect", () => process.exit());
let answering: Promise<unknown> = import("./config-answers.ts"); // Only now: what it imports is what the hook is about.
process.on("message", ({ id, question }: ToProcess) => {
  answering = answering.then(async () => {
    const { answerTo } = await import("./config-answers.ts");
    const message: FromProcess = await answerTo(question).then(
      (answer) => ({ id, answer }),
      (error: unknown) => ({ id, error: error instanceof Error ? error.message : String(error) }),
    );
    process.send?.(message, () => {}); // An agent that was killed meanwhile wants no answer, and its log no trace of it.
  });
});
