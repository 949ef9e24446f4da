import type { Access } from "#kernel/access/access.ts";

/** What these commands need of the running agent. */
export interface AccessPort {
  readonly access: Access;
  /** `http://127.0.0.1:8600/`; without it, the agent listens nowhere. */
  address(): string | undefined;
  /** The names of all commands, for the scopes of tokens. */
  commandNames(): readonly string[];
}
