// `dure restore FILE`: puts what a backup holds in the place of what the store has. Not beside a running agent; whole or not at all.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { say } from "#base/lang.ts";
import { restore as restoreInto } from "#capabilities/backup/backup.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import { takePidFile } from "#kernel/pid-file.ts";
import { agentId } from "#kernel/store/agent-id.ts";
import { lookAtBackup } from "#kernel/store/backup-file.ts";
import type { LookedAt } from "#kernel/store/backup-file.ts";
import { consoleLog } from "../agent-log.ts";
import { isElsewhere } from "../ask-agent.ts";
import { isPersonThere, saysYes } from "../ask-person.ts";
import type { Call, Command } from "../command.ts";
import { NOT_LOOKED, planOf } from "../config-file.ts";
import { exitCode } from "../exit-codes.ts";
import { CliFailure, wrongUse } from "../failure.ts";
import { version } from "../version-line.ts";

export const restore: Command = async (call) => {
  const { args, globals, terminal, answer } = call;
  if (isElsewhere(call)) throw wrongUse({ en: "an agent elsewhere cannot be restored from here: it has to be stopped first", ko: "다른 곳의 에이전트는 여기서 복원할 수 없습니다. 먼저 멈춰야 합니다" }, { en: "run `dure restore` on its machine", ko: "그 컴퓨터에서 `dure restore`를 실행하세요" });
  const file = resolve(args[0] ?? "");
  if (!existsSync(file)) throw new CliFailure(exitCode.failed, { en: `there is no ${file}`, ko: `파일이 없습니다: ${file}` });
  const plan = await planOf(call, undefined, NOT_LOOKED);
  // Held until the end: no agent may start in the middle of it.
  const held = takePidFile(plan.pidFile);
  const log = consoleLog(call, plan, "warn");
  try {
    const stores = await call.agent.stores(log);
    const found = await lookAtBackup(file, stores.tables);
    if (!(await mayReplace(call, plan, found))) {
      if (globals.isJson) answer({ isRestored: false });
      else terminal.talk(say({ en: "nothing was restored", ko: "아무것도 복원하지 않았습니다" }));
      return exitCode.failed;
    }
    const { aside, backup } = await restoreInto(file, plan.store, plan.dataDir, stores, { version: version(), agent: agentId(plan.dataDir), atMs: Date.now() });
    if (globals.isJson) answer({ isRestored: true, atMs: backup.atMs, ...(aside === undefined ? {} : { aside }) });
    else {
      terminal.talk(say({ en: `restored: the state of ${timeText(backup.atMs)}`, ko: `복원했습니다: ${timeText(backup.atMs)}의 상태` }));
      if (aside !== undefined) terminal.talk(say({ en: `what was there before: ${aside}`, ko: `이전 저장소: ${aside}` }));
    }
    return exitCode.done;
  } finally {
    log.close();
    held.release();
  }
};

async function mayReplace({ options, terminal }: Call, { store }: AgentPlan, { atMs, version: by, users, admins }: LookedAt): Promise<boolean> {
  if (options["yes"] === true) return true;
  if (store.type === "sqlite" && !existsSync(store.file)) return true; // Nothing is replaced.
  const where = store.type === "sqlite" ? store.file : `${store.host}:${store.port}/${store.database}`;
  const what = say({ en: `${where} will be as it was at ${timeText(atMs)} (Dure ${by}, users: ${users})`, ko: `${where} 저장소를 ${timeText(atMs)}의 상태로 되돌립니다 (Dure ${by}, 사용자 ${users}명)` });
  if (!isPersonThere()) throw wrongUse({ en: `nobody is at the terminal to be asked (${what}): say --yes`, ko: `물어볼 터미널이 없습니다 (${what}). --yes를 쓰세요` });
  terminal.talk(what);
  // Whoever made the file says who these are: they may do anything afterwards.
  if (admins.length > 0) terminal.talk(say({ en: `admins in it: ${admins.join(", ")}. Everybody has to log in again.`, ko: `백업에 있는 관리자: ${admins.join(", ")}. 모두 다시 로그인해야 합니다.` }));
  if (store.type === "mysql") terminal.talk(say({ en: "All agents that share it get these users and this audit.", ko: "이 저장소를 함께 쓰는 모든 에이전트의 사용자와 감사 기록이 바뀝니다." }));
  return saysYes(say({ en: "What it has now is kept aside. Restore? [y/N] ", ko: "지금 있는 것은 따로 보관합니다. 복원할까요? [y/N] " }));
}

function timeText(atMs: number): string {
  return `${new Date(atMs).toISOString().replace("T", " ").replace(/\.\d+/, "")}`;
}
