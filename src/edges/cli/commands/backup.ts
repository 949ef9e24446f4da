// `dure backup`: a copy of the store in one file. A running agent makes it; where none runs, it is made here.
import { constants, copyFileSync, existsSync, rmSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { UsageError } from "#base/errors.ts";
import { say } from "#base/lang.ts";
import { backupFolder, backupInto, backupTo } from "#capabilities/backup/backup.ts";
import type { Backup } from "#capabilities/backup/backup.ts";
import { readPidFile } from "#kernel/pid-file.ts";
import { agentId } from "#kernel/store/agent-id.ts";
import { migrate } from "#kernel/store/migrate.ts";
import { consoleLog } from "../agent-log.ts";
import { askAgent, isElsewhere } from "../ask-agent.ts";
import type { Call, Command } from "../command.ts";
import { NOT_LOOKED, planOf } from "../config-file.ts";
import { exitCode } from "../exit-codes.ts";
import type { ExitCode } from "../exit-codes.ts";
import { CliFailure, wrongUse } from "../failure.ts";
import { bytesText } from "#base/quantities.ts";
import { version } from "../version-line.ts";

export const backup: Command = async (call) => {
  const { args: [file] } = call;
  if (isElsewhere(call)) {
    if (file !== undefined) throw wrongUse({ en: "a backup of an agent elsewhere stays on its machine", ko: "다른 곳의 에이전트가 만드는 백업은 그 컴퓨터에 남습니다" }, { en: "leave the file out; the answer says where it is", ko: "파일 이름을 빼고 실행하면 위치를 알려 줍니다" });
    return told(call, await askAgent(call, "agent.backup"));
  }
  const to = file === undefined ? undefined : resolve(file);
  // A running agent is asked, and what it made is moved: nobody should wait for what cannot be put where it is wanted.
  if (to !== undefined && existsSync(to)) throw new UsageError(`${to} is there already`, { hint: "Give another name; nothing is written over.", ko: { message: `${to} 파일이 이미 있습니다`, hint: "다른 이름을 지정하세요. 덮어쓰지 않습니다." } });
  const plan = await planOf(call, undefined, NOT_LOOKED);
  if (readPidFile(plan.pidFile).state === "running") return told(call, moved(await askAgent(call, "agent.backup"), to));

  if (plan.store.type === "sqlite" && !existsSync(plan.store.file)) throw new CliFailure(exitCode.failed, { en: `there is nothing to copy yet: ${plan.store.file}`, ko: `아직 백업할 것이 없습니다: ${plan.store.file}` }, { en: "it is made when the agent first runs", ko: "에이전트를 처음 실행할 때 만들어집니다" });
  const log = consoleLog(call, plan, "warn");
  const stores = await call.agent.stores(log);
  const store = await stores.open(plan.store);
  try {
    await migrate(store, stores.tables);
    const facts = { atMs: Date.now(), version: version(), agent: agentId(plan.dataDir) };
    return told(call, to === undefined ? await backupInto(backupFolder(plan.dataDir), store, stores, facts) : await backupTo(to, store, stores, facts));
  } finally {
    await store.close();
    log.close();
  }
};

function moved(made: Backup, to: string | undefined): Backup {
  if (to === undefined) return made;
  if (!existsSync(dirname(to))) throw new UsageError(`there is no folder ${dirname(to)}; the backup is ${made.file}`, { ko: { message: `${dirname(to)} 폴더가 없습니다. 백업은 ${made.file} 파일에 있습니다` } });
  copyFileSync(made.file, to, constants.COPYFILE_EXCL);
  rmSync(made.file);
  return { ...made, file: to, bytes: statSync(to).size };
}

function told({ globals, terminal, answer }: Call, { file, bytes, atMs }: Backup): ExitCode {
  if (globals.isJson) answer({ file, bytes, atMs });
  else terminal.talk(say({ en: `written: ${file} (${bytesText(bytes)})\nback with: dure restore ${file}`, ko: `백업 파일: ${file} (${bytesText(bytes)})\n되돌리기: dure restore ${file}` }));
  return exitCode.done;
}
