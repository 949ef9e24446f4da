// Two configs of one folder share a data folder unless they say otherwise, and so a pid file: the agent found there may be the other one's.
// Whoever asks about this config must not stop, reload or read that one.
import { existsSync, realpathSync } from "node:fs";
import { resolve } from "node:path";
import { readPidFile } from "#kernel/pid-file.ts";
import { readStatus, statusFileOf } from "#kernel/status-file.ts";
import type { ExitCode } from "./exit-codes.ts";
import { CliFailure } from "./failure.ts";

/** Throws with this code when the agent that holds the pid file runs another config, which still exists: else this one was only renamed. */
export function refuseOtherConfig(pidFile: string, configFile: string, code: ExitCode): void {
  const holder = readPidFile(pidFile);
  if (holder.state !== "running") return;
  const known = readStatus(statusFileOf(pidFile));
  if (known?.pid !== holder.pid || isSame(known.configFile, configFile) || !existsSync(known.configFile)) return;
  const asked = existsSync(configFile) ? { en: `, not ${configFile}`, ko: `. 지정한 설정: ${configFile}` } : { en: `; there is no ${configFile}`, ko: `. 지정한 파일이 없습니다: ${configFile}` };
  throw new CliFailure(
    code,
    { en: `the agent here (process ${holder.pid}) runs ${known.configFile}${asked.en}`, ko: `여기서 실행 중인 에이전트(프로세스 ${holder.pid})의 설정: ${known.configFile}${asked.ko}` },
    { en: "name that config, or give this one an `agent.data_dir` of its own", ko: "그 설정을 지정하거나, 이 설정에 따로 `agent.data_dir`을 주세요" },
  );
}

function isSame(one: string, other: string): boolean {
  return resolve(one) === resolve(other) || realPath(one) === realPath(other);
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return resolve(file); // It may be gone.
  }
}
