// A real agent with its API, in a folder of its own, and tokens of each role.
import { roles } from "#kernel/access/caller.ts";
import type { Role } from "#kernel/access/caller.ts";
import type { Folder, RunningDure } from "../cli/run-dure.ts";

export interface ApiAgent {
  readonly url: string;
  readonly running: RunningDure;
  readonly tokens: Readonly<Record<Role, string>>;
  /** With the token of an admin, unless another is named; null: as nobody. */
  ask(path: string, init?: RequestInit & { readonly role?: Role | null }): Promise<Response>;
}

/** `http: 0` stands in the config: any port that is free. */
export async function apiAgent(here: Folder, config: string): Promise<ApiAgent> {
  here.write("dure.yml", `http: 0\n${config}`);
  const running = here.spawn(["run"], { env: { DURE_LANG: "en" } });
  let said = "";
  running.child.stderr.on("data", (text: string) => (said += text));
  await running.printed(/the dashboard and the API are here +address=http:\S+\n/);
  const url = /address=(http:\/\/[\d.:]+)\//.exec(said)?.[1] ?? "";
  const tokens = Object.fromEntries(await Promise.all(roles.map(async (role) => [role, await tokenFor(here, role)])));
  return {
    url,
    running,
    tokens,
    ask(path, { role = "admin", ...init } = {}) {
      const headers = new Headers(init.headers);
      if (role !== null) headers.set("authorization", `Bearer ${tokens[role]}`);
      return fetch(`${url}${path}`, { signal: AbortSignal.timeout(60_000), ...init, headers });
    },
  };
}

async function tokenFor(here: Folder, role: Role): Promise<string> {
  const { code, stdout, stderr } = await here.dure(["tokens", "create", `test-${role}`, "--role", role, "--json"]);
  const token = /"token":"(dure_[\w-]+)"/.exec(stdout)?.[1];
  if (token === undefined) throw new Error(`no token was made (${code}): ${stdout}${stderr}`);
  return token;
}

