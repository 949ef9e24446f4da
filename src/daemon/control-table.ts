// Binds every command to what it needs of the running agent. It brings the schemas: it is loaded when somebody first asks.
import { say } from "#base/lang.ts";
import { sharedWork } from "#base/shared-work.ts";
import { within } from "#base/within.ts";
import { accessCommands } from "#capabilities/access/commands.ts";
import { agentCommands } from "#capabilities/agent/commands.ts";
import { measureLoopDelay } from "#capabilities/agent/loop-delay.ts";
import { auditCommands } from "#capabilities/audit/commands.ts";
import { backupFolder, backupInto } from "#capabilities/backup/backup.ts";
import type { Backup } from "#capabilities/backup/backup.ts";
import { backupCommands } from "#capabilities/backup/commands.ts";
import { configCommands } from "#capabilities/config/commands.ts";
import { consoleCommands } from "#capabilities/console/commands.ts";
import { eventCommands } from "#capabilities/events/commands.ts";
import { jobCommands } from "#capabilities/jobs/commands.ts";
import type { JobsPort } from "#capabilities/jobs/commands.ts";
import { notifierCommands } from "#capabilities/jobs/notices/commands.ts";
import { logCommands } from "#capabilities/logs/commands.ts";
import { metricCommands } from "#capabilities/metrics/commands.ts";
import { pipelineCommands } from "#capabilities/pipelines/commands.ts";
import type { PipelinesPort } from "#capabilities/pipelines/commands.ts";
import { processCommands } from "#capabilities/processes/commands.ts";
import { Access } from "#kernel/access/access.ts";
import type { Caller } from "#kernel/access/caller.ts";
import { AuditLog } from "#kernel/audit/audit-log.ts";
import { bindCommands } from "#kernel/commands/command.ts";
import type { BoundCommand } from "#kernel/commands/command.ts";
import { createCommandTable } from "#kernel/commands/table.ts";
import type { CommandTable } from "#kernel/commands/table.ts";
import { requestStop } from "#kernel/stop-request.ts";
import type { ControlParts } from "#edges/cli/agent-port.ts";
import type { OldCaller } from "#edges/console/old-answers.ts";
import { examineApart } from "#edges/cli/examine-apart.ts";
import { jobsPort } from "./jobs-port.ts";
import { pipelinesPort } from "./pipelines-port.ts";
import { processesPort } from "./processes-port.ts";
import type { ControlFacts } from "./control-plane.ts";
import { stores } from "./store-backend.ts";

/** What waits to be written into the audit keeps an agent that ends no longer. */
const CLOSE_MS = 3000;

/** What every edge stands on. */
export interface Controls {
  readonly table: CommandTable;
  readonly access: Access;
  /** Writes down who asked, and has the agent drain and end. */
  stopAgent(caller: Caller): Promise<void>;
  /** Before the store is closed. */
  close(): Promise<void>;
}

export function controlTable({ plan, agent, version, log, metrics, config }: ControlParts, { editor, looks, history, facts, store, agentId, events, pastEvents, logLines }: ControlFacts): Controls {
  const loopDelay = measureLoopDelay();
  const audit = new AuditLog({ store: store.get, agent: async () => agentId, keepMs: plan.store.auditKeepMs, log });
  const access = new Access({ store: store.get, events, log, audit: (fact) => audit.append(fact) });
  const backup = sharedWork(async (): Promise<Backup> => backupInto(backupFolder(plan.dataDir), await store.get(), stores(log), { atMs: Date.now(), version, agent: agentId }));
  // Each is a process: who asks in a loop shall not have a hundred of them.
  const examine = { plain: sharedWork(() => examineApart(plan.configFile, false)), bundle: sharedWork(() => examineApart(plan.configFile, true)) };
  const commands: readonly BoundCommand[] = [
    ...bindCommands(agentCommands, { facts: async () => ({ ...facts(), loopDelay: loopDelay(), revision: await editor.runningRevision() }), reload: (who) => config.reload(who), plan: () => config.difference(), examine: (withBundle) => (withBundle ? examine.bundle() : examine.plain()) }),
    ...bindCommands(configCommands, { editor }),
    ...bindCommands<PipelinesPort>(pipelineCommands, pipelinesPort({ agent, looks, history, events })),
    ...bindCommands(processCommands, processesPort({ processes: agent.processes, editor, dataDir: plan.dataDir, configDir: plan.configDir, log })),
    ...bindCommands<JobsPort>([...jobCommands, ...notifierCommands], jobsPort({ jobs: agent.jobs, endAgent: () => requestStop(process.pid, plan.pidFile) })),
    ...bindCommands(consoleCommands, { run: (line, asker) => consoleAnswer(line, { table, ...asker }) }),
    ...bindCommands(logCommands, logLines),
    ...bindCommands(backupCommands, { backup }),
    ...bindCommands(eventCommands, pastEvents),
    ...bindCommands(metricCommands, { metrics }),
    ...bindCommands(accessCommands, { access, address: () => facts().address, commandNames: () => commands.map(({ name }) => name) }),
    ...bindCommands(auditCommands, { audit }),
  ];
  const table: CommandTable = createCommandTable({ commands, log, audit: (call, begun) => audit.append(call, begun), mayAudit: (call) => audit.begin(call) });
  const stopAgent = async (caller: Caller): Promise<void> => {
    await audit.append({ caller, command: "agent.stop", params: {}, outcome: "ok" });
    requestStop(process.pid, plan.pidFile);
  };
  return { table, access, stopAgent, close: async () => void (await within(CLOSE_MS, audit.close())) };
}

/** As the console itself answers; only there is a connection to close, and an agent to end. */
async function consoleAnswer(line: string, call: OldCaller): Promise<string> {
  const { answerLine } = await import("#edges/console/console-line.ts");
  const { lines, then } = await answerLine(call, line);
  return then === undefined ? lines.join("\n") : `NOK : ${say({ en: "nothing is ended from here; `dure stop` ends the agent", ko: "여기서는 끝낼 수 없습니다. 에이전트는 `dure stop`으로 종료하세요" })}`;
}
