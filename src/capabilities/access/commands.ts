// What one can do about who may come in.
import type { CommandDefinition } from "#kernel/commands/command.ts";
import type { AccessPort } from "./access-port.ts";
import { sessionCommands } from "./session-commands.ts";
import { tokenCommands } from "./token-commands.ts";
import { userCommands } from "./user-commands.ts";

export const accessCommands = [...userCommands, ...tokenCommands, ...sessionCommands] as const satisfies readonly CommandDefinition<AccessPort>[];
