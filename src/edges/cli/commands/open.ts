// `dure open`: the dashboard in a browser. While the agent knows nobody, with a link that lets the first user in, once.
import { spawn } from "node:child_process";
import { say } from "#base/lang.ts";
import { agentOf, isElsewhere } from "../ask-agent.ts";
import type { Ask } from "../ask-agent.ts";
import type { Call, Command } from "../command.ts";
import { exitCode } from "../exit-codes.ts";
import { AgentRefusal, CliFailure } from "../failure.ts";
import { setupLink } from "../first-link-words.ts";

export const open: Command = async (call) => {
  const { globals, options, terminal, answer } = call;
  const ask = await agentOf(call);
  const address = isElsewhere(call) ? (globals.remote.url ?? process.env["DURE_URL"]) : (await ask("agent.show")).address;
  if (address === undefined) throw new CliFailure(exitCode.failed, { en: "this agent has no dashboard: its config says `http: false`", ko: "대시보드가 없는 에이전트입니다. 설정에 `http: false`가 있습니다" }, { en: "take it out, and start the agent again", ko: "그 줄을 빼고 에이전트를 다시 시작하세요" });
  const link = await firstLink(ask, address);
  const isOpened = options["print"] !== true && !globals.isJson && (await openInBrowser(link ?? address));
  if (globals.isJson) answer({ address, ...(link === undefined ? {} : { link }) });
  else terminal.print(link ?? address);
  if (!globals.isJson) tell(call, link !== undefined, isOpened);
  return exitCode.done;
};

function tell({ options, terminal }: Call, isFirst: boolean, isOpened: boolean): void {
  if (isFirst) terminal.talk(say({ en: "nobody is known yet: this link makes the first user, works once, and for a day", ko: "아직 사용자가 없습니다. 이 링크로 첫 사용자를 만드세요. 한 번만, 하루 동안 쓸 수 있습니다" }));
  if (!isOpened && options["print"] !== true) terminal.talk(say({ en: "open it in a browser; no browser could be started from here", ko: "여기서는 브라우저를 열 수 없으니 브라우저에서 이 주소를 여세요" }));
}

/** Undefined where there is a user already, or whoever asks may not let one in. */
async function firstLink(ask: Ask, address: string): Promise<string | undefined> {
  try {
    // Asked first: a link that is refused would stand in the audit each time somebody opens the dashboard.
    const { users } = await ask("users.list");
    if (0 < users.length) return undefined;
    const { token } = await ask("users.open-setup");
    return setupLink(address, token);
  } catch (error) {
    if (error instanceof AgentRefusal && ["CONFLICT", "FORBIDDEN", "UNAUTHENTICATED", "UNAVAILABLE"].includes(error.facts.code)) return undefined;
    throw error;
  }
}

/** By what the system opens addresses with; false where nothing can be opened. The link is on its command line for a moment, and is spent in the next. */
function openInBrowser(url: string): Promise<boolean> {
  const program = opener();
  if (program === undefined) return Promise.resolve(false);
  const [command, ...args] = program;
  const child = spawn(command, [...args, url], { stdio: "ignore", detached: true });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  child.once("error", () => resolve(false)).once("spawn", () => resolve(true));
  child.unref();
  return promise;
}

function opener(): readonly [string, ...string[]] | undefined {
  if (process.platform === "darwin") return ["open"];
  if (process.platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler"];
  const { DISPLAY = "", WAYLAND_DISPLAY = "" } = process.env;
  return DISPLAY === "" && WAYLAND_DISPLAY === "" ? undefined : ["xdg-open"];
}
