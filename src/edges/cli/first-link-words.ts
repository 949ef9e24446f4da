// What whoever starts an agent is told while nobody can log in: the link that lets the first user in.
import { say } from "#base/lang.ts";
import type { AgentPlan } from "#kernel/config/plan.ts";
import type { Call } from "./command.ts";

/** Says nothing where there is a user already. */
export async function sayFirstLink({ agent, terminal }: Pick<Call, "agent" | "terminal">, plan: AgentPlan, address: string): Promise<void> {
  const token = await agent.drawFirstLink(plan);
  if (token === undefined) return;
  const link = setupLink(address, token);
  terminal.talk(say({ en: `make the first user: ${link} (works once, for a day; a new one: dure open)`, ko: `첫 사용자 만들기: ${link} (한 번만, 하루 동안; 새 링크는 dure open)` }));
}

/** Behind the `#` it is sent to nobody: it stands in no server's log. */
export function setupLink(address: string, token: string): string {
  return new URL(`setup#${token}`, address.endsWith("/") ? address : `${address}/`).href;
}
