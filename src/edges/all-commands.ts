// Every command there is, as declared: what an edge can know of without an agent. The command line, the API's description and the
// reference are made from this; `daemon/control-table.ts` binds each to what it needs.
import { accessCommands } from "#capabilities/access/commands.ts";
import { agentCommands } from "#capabilities/agent/commands.ts";
import { auditCommands } from "#capabilities/audit/commands.ts";
import { configCommands } from "#capabilities/config/commands.ts";
import { consoleCommands } from "#capabilities/console/commands.ts";
import { eventCommands } from "#capabilities/events/commands.ts";
import { jobCommands } from "#capabilities/jobs/commands.ts";
import { notifierCommands } from "#capabilities/jobs/notices/commands.ts";
import { logCommands } from "#capabilities/logs/commands.ts";
import { metricCommands } from "#capabilities/metrics/commands.ts";
import { pipelineCommands } from "#capabilities/pipelines/commands.ts";
import { processCommands } from "#capabilities/processes/commands.ts";
import { backupCommands } from "#capabilities/backup/commands.ts";
import type { CommandDefinition, CommandTypes } from "#kernel/commands/command.ts";

const declared = [...agentCommands, ...pipelineCommands, ...processCommands, ...jobCommands, ...notifierCommands, ...consoleCommands, ...configCommands, ...logCommands, ...eventCommands, ...backupCommands, ...metricCommands, ...accessCommands, ...auditCommands] as const;

export const allCommands: readonly CommandDefinition[] = declared;

/** What each takes and gives, for callers in TypeScript: to be imported as types alone, which brings no schema along. */
export type Commands = CommandTypes<typeof declared>;
export type CommandName = keyof Commands;
/** Those that emit events until the caller goes. */
export type StreamName = { [Name in CommandName]: [Commands[Name]["event"]] extends [never] ? never : Name }[CommandName];
export type ParamsOf<Name extends CommandName> = Commands[Name]["params"];
export type ResultOf<Name extends CommandName> = Commands[Name]["result"];
export type EventOf<Name extends StreamName> = Commands[Name]["event"];
