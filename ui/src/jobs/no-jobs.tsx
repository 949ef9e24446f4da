// Shown where the jobs cannot be asked: how to have some, where the agent runs none; else why not.
import { CallFailure, failureText } from "../agent/failure.ts";
import { FailureBox } from "../parts/failure-box.tsx";
import { words } from "../words/jobs.ts";
import { say } from "../words/say.ts";
import { FirstRule } from "./first-rule.tsx";

export function NoJobs({ failure, retry }: { readonly failure: unknown; readonly retry?: () => void }) {
  if (failure instanceof CallFailure && failure.code === "CONFLICT") return <FirstRule title={failureText(failure).message} text={say(words.emptyText)} />;
  return <FailureBox failure={failure} {...(retry === undefined ? {} : { retry })} />;
}
