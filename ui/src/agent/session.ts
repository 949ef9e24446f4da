// Who uses this browser: asked at the start, and again when the agent says it knows us no more.
import { computed, signal } from "@preact/signals";
import type { SessionAnswer } from "#edges/http/access-routes.ts";
import type { Role } from "#kernel/access/caller.ts";
import { language } from "../words/say.ts";
import { CallFailure, factsOf, unreachable } from "./failure.ts";

export const roles = ["viewer", "operator", "admin"] as const satisfies readonly Role[];

/** undefined until it was asked. */
export const session = signal<SessionAnswer | undefined>(undefined);
export const user = computed(() => session.value?.user);

/** Whether the user's role allows what needs `role`: buttons that would be refused say so instead. The agent asks again by itself. */
export function may(role: Role): boolean {
  const mine = user.value?.role;
  return mine !== undefined && roles.indexOf(role) <= roles.indexOf(mine);
}

export async function askSession(): Promise<void> {
  session.value = (await request("GET", "/api/session")) as SessionAnswer;
}

export async function login(name: string, password: string): Promise<void> {
  await request("POST", "/api/login", { name, password });
  await askSession();
}

export async function setUp(token: string, name: string, password: string): Promise<void> {
  await request("POST", "/api/setup", { token, name, password, language: language.value });
  await askSession();
}

export async function logout(): Promise<void> {
  await request("POST", "/api/logout", {}).catch(() => undefined);
  forgetSession();
}

/** The agent does not know us any more. */
export function forgetSession(): void {
  if (session.value?.user === undefined) return;
  const { user: _gone, ...rest } = session.value;
  session.value = rest;
}

/** One HTTP request for JSON; rejects with CallFailure. */
export async function request(method: "GET" | "POST", url: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(url, { method, credentials: "same-origin", ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }) }).catch(() => {
    throw unreachable();
  });
  const parsed: unknown = await answer.json().catch(() => undefined);
  if (answer.ok) return parsed;
  const facts = factsOf(parsed);
  throw facts === undefined ? unreachable() : new CallFailure(facts);
}
