// `dure validate`: everything wrong with one or many configs, in one run. The exit code tells a wrong config (78) from a machine
// that is not ready for it (69).
import { levels, offlineLevels } from "#kernel/config/problem.ts";
import type { Command } from "../command.ts";
import { checkAndTell } from "../check-and-tell.ts";
import { exitCode } from "../exit-codes.ts";

export const validate: Command = async (call) => {
  const { environment, lint, denyWarnings } = call.options;
  const { code, warnings } = await checkAndTell(call, [...(environment === false ? offlineLevels : levels), ...(lint === true ? (["lint"] as const) : [])]);
  return code === exitCode.done && denyWarnings === true && 0 < warnings ? exitCode.configInvalid : code;
};
