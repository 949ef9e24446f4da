// Signals as people write them.
import { constants } from "node:os";
import { UsageError } from "../errors.ts";

/** As the system writes it, from `SIGTERM`, `TERM` or `term`. Throws UsageError for one that this system does not have. */
export function signalNamed(name: string): NodeJS.Signals {
  const upper = name.toUpperCase();
  const signal = upper.startsWith("SIG") ? upper : `SIG${upper}`;
  if (Object.hasOwn(constants.signals, signal)) return signal as NodeJS.Signals;
  throw new UsageError(`this system has no signal ${JSON.stringify(name)}`, {
    hint: "Write a name such as SIGTERM, SIGINT, SIGHUP, SIGUSR1 or SIGKILL.",
    ko: { message: `이 시스템에 ${JSON.stringify(name)} 신호가 없습니다`, hint: "SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGKILL 같은 이름을 적으십시오." },
  });
}
