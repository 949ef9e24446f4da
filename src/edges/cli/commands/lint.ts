// `dure lint`: what is valid in configs and probably not meant, beside what `dure validate` finds without looking at this machine.
import { offlineLevels } from "#kernel/config/problem.ts";
import type { Command } from "../command.ts";
import { checkAndTell } from "../check-and-tell.ts";
import { exitCode } from "../exit-codes.ts";

export const lint: Command = async (call) => {
  const { code, warnings } = await checkAndTell(call, [...offlineLevels, "lint"]);
  return code === exitCode.done && call.options["strict"] === true && 0 < warnings ? exitCode.testFailed : code;
};
