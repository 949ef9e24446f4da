// The agent's own OS user: only he can open the control socket and the data folder, and he may do anything to the agent anyway.
import { userInfo } from "node:os";
import type { Caller } from "./caller.ts";

let own: Caller | undefined;

export function localCaller(): Caller {
  return (own ??= caller());
}

function caller(): Caller {
  let name = String(process.getuid?.() ?? "user");
  try {
    name = userInfo().username;
  } catch {
    // A user without an entry in the system's list has a number.
  }
  return { name: `local:${name}`, role: "admin", edge: "local" };
}
