// Has a test made in a process of its own, one at a time: it runs a pipeline with the user's plugins, which may hang.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { text } from "node:stream/consumers";
import { lang } from "#base/lang.ts";
import type { TestWish } from "#capabilities/pipelines/make-test.ts";
import { CommandFailure, nobodyWaits } from "#kernel/commands/failure.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import type { MakeTestAnswer, MakeTestRequest } from "./make-test-process.ts";

const LIMIT_MS = 30_000;
const PROGRAM = fileURLToPath(new URL("./make-test-process.ts", import.meta.url));

export async function makeTestApart(wish: TestWish, plan: AgentPlan, signal: AbortSignal): Promise<MakeTestAnswer> {
  if (signal.aborted) throw nobodyWaits();
  const request: MakeTestRequest = { ...wish, plan, lang: lang() };
  const child = spawn(process.execPath, [PROGRAM], { stdio: ["pipe", "pipe", "ignore"], timeout: LIMIT_MS, killSignal: "SIGKILL", env: { ...process.env, NODE_OPTIONS: "" } });
  const stop = (): void => void child.kill("SIGKILL");
  signal.addEventListener("abort", stop, { once: true });
  try {
    child.stdin.on("error", () => {}); // It has ended: its answer says why.
    child.stdin.end(JSON.stringify(request));
    const [answer] = await Promise.all([text(child.stdout), once(child, "exit")]);
    if (answer === "") throw new CommandFailure("UNAVAILABLE", { message: "the pipeline did not come to an end with these records", hint: "A step waits for something, or takes too long.", ko: { message: "이 레코드로 파이프라인이 끝나지 않았습니다", hint: "어느 단계가 기다리고 있거나 너무 오래 걸립니다." } });
    return JSON.parse(answer) as MakeTestAnswer;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
