// Who asks, and how he reached us. Every edge makes one of these; the command table asks nothing else.

/** Each may do what those before it may. */
export const roles = ["viewer", "operator", "admin"] as const;
export type Role = (typeof roles)[number];

/** `local`: the control socket, which only the agent's own user can open. `console`: EventFlow's, over TCP. `agent`: the agent itself, as when a watched config changes. */
export type Edge = "local" | "http" | "websocket" | "console" | "agent";

export interface Caller {
  /** As it stands in the audit: a user's name, `token:NAME` or `local:OS-USER`. */
  readonly name: string;
  readonly role: Role;
  readonly edge: Edge;
  /** Where the request came from: `127.0.0.1`. */
  readonly address?: string;
  /** Of a token: the commands it is for, as `pipelines.list` or `pipelines.*`; without it, all that its role may. */
  readonly scope?: readonly string[];
  /** Whose login or token it is; nobody's on the control socket. */
  readonly user?: string;
  /** When a token ends: what it makes ends no later. */
  readonly endsMs?: number;
  /** Of a login in a browser: the session's id, so that a user can tell his own from the others. */
  readonly session?: string;
}

export function isAtLeast(role: Role, wanted: Role): boolean {
  return roles.indexOf(wanted) <= roles.indexOf(role);
}

/** Whether the caller's role and scope allow the command. */
export function mayCall({ role, scope }: Caller, command: { readonly name: string; readonly role: Role }): boolean {
  const isInScope = scope === undefined || scope.some((pattern) => pattern === command.name || (pattern.endsWith(".*") && command.name.startsWith(pattern.slice(0, -1))));
  return isInScope && isAtLeast(role, command.role);
}
