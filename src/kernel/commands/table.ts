// The command table: every edge calls the agent through `call`, and nothing else. Here it is asked who may, whether the parameters fit,
// and here every change is written down.
import type { z } from "zod";
import type { JsonValue } from "#base/json.ts";
import { joined } from "#base/lang.ts";
import { closest } from "#base/similar.ts";
import type { Log } from "#sdk/plugin.ts";
import { mayCall } from "../access/caller.ts";
import type { Caller } from "../access/caller.ts";
import { redacted } from "../redact.ts";
import { ChangeRate } from "./change-rate.ts";
import type { BoundCommand, CommandCall } from "./command.ts";
import { CostlyCalls } from "./costly-calls.ts";
import { CommandFailure, failureFacts, isUnforeseen, nobodyWaits } from "./failure.ts";
import type { FailureCode } from "./failure.ts";

/** What the audit is told of one call. */
export interface AuditedCall {
  readonly caller: Caller;
  readonly command: string;
  /** Without what is secret. */
  readonly params: JsonValue;
  readonly subject?: string;
  readonly before?: JsonValue;
  readonly after?: JsonValue;
  /** `ok`, or the code it failed with. */
  readonly outcome: "ok" | FailureCode;
  readonly message?: string;
}

export interface CommandTable {
  readonly commands: readonly BoundCommand[];
  find(name: string): BoundCommand | undefined;
  /** Rejects with CommandFailure, whatever happened. */
  call(name: string, params: unknown, caller: Caller, more?: Partial<Pick<CommandCall, "signal" | "emit">>): Promise<JsonValue>;
}

export interface TableParts {
  readonly commands: readonly BoundCommand[];
  readonly log: Log;
  /** Resolves when it is written. `begun`: what `mayAudit` gave for this call. */
  audit(call: AuditedCall, begun?: number): Promise<void>;
  /** Before a change. Rejects when nothing can be written down now: then it is not made. */
  mayAudit(call: Omit<AuditedCall, "outcome">): Promise<number | void>;
  readonly now?: () => number;
  /** Also hold what commands give to their result schemas: in tests. */
  readonly isStrict?: boolean;
}

/** Somebody may send thousands of things that are wrong. */
const ISSUES_MAX = 20;
const NEVER = new AbortController().signal;

export function createCommandTable({ commands, log, audit, mayAudit, now = Date.now, isStrict = false }: TableParts): CommandTable {
  const byName = new Map(commands.map((command) => [command.name, command]));
  const rate = new ChangeRate(now);
  const costly = new CostlyCalls();
  if (byName.size !== commands.length) throw new Error("two commands have one name");

  const call: CommandTable["call"] = async (name, given, caller, { signal = NEVER, emit = () => true } = {}) => {
    const command = byName.get(name);
    if (command === undefined) throw unknownCommand(name, [...byName.keys()]);
    let change: Parameters<CommandCall["changed"]>[0] = {};
    const isWrittenDown = (command.effect === "change" && command.hasOwnRecord !== true) || command.isAudited === true;
    let begun: number | undefined;
    let isMade = false;
    const facts = (): Omit<AuditedCall, "outcome"> => ({ caller, command: name, params: redacted(withoutSecrets(given, command)), ...(redacted(change) as object) });
    const writeDown = async (outcome: AuditedCall["outcome"], message?: string): Promise<void> => {
      if (isWrittenDown || outcome === "FORBIDDEN") await audit({ ...facts(), outcome, ...(message === undefined ? {} : { message }) }, begun);
    };
    try {
      if (!mayCall(caller, command)) throw forbidden(command, caller);
      if (isWrittenDown && !rate.take(caller)) throw tooOften(caller);
      const outcome = parsed(command, given);
      if (!outcome.success) throw await unfit(command, outcome.error.issues);
      const params = outcome.data;
      // Of what is only looked at it is known before how it went; and who looks on for hours stands in the audit from the start.
      if (command.effect === "read") await writeDown("ok");
      else if (isWrittenDown) begun = (await mayAudit(facts())) ?? undefined;
      const run = (): unknown => command.run(params, { caller, signal, emit, changed: (what) => (change = { ...change, ...what }) });
      const result = await (command.isCostly === true ? costly.run(caller.user ?? caller.name, signal, run) : run());
      isMade = command.effect === "change";
      if (isMade) await writeDown("ok");
      return (isStrict ? command.result.parse(result) : result ?? null) as JsonValue;
    } catch (thrown) {
      const cause = signal.aborted && thrown === signal.reason ? nobodyWaits() : thrown;
      const { code, ...told } = failureFacts(cause);
      if (isUnforeseen(cause)) log.error("a command failed", { command: name, error: cause });
      // That it began stands in the store: the next run says that nobody knows how it went.
      if (isMade) log.error("what was done could not be written into the audit", { command: name, error: cause });
      else await writeDown(code, told.message).catch((error: unknown) => log.error("a failed command could not be written into the audit", { command: name, error }));
      throw cause instanceof CommandFailure ? cause : new CommandFailure(code, told, { cause });
    }
  };
  return { commands, find: (name) => byName.get(name), call };
}

async function unfit(command: BoundCommand, found: readonly z.core.$ZodIssue[]): Promise<CommandFailure> {
  // An agent whose callers make no mistakes needs no words for them.
  const { parameterWords } = await import("./parameter-words.ts");
  const known: readonly string[] = "shape" in command.params ? Object.keys(command.params.shape as object) : [];
  const told = found.slice(0, ISSUES_MAX).map((issue) => ({ path: issue.path.map(String).join("."), words: parameterWords(issue, known) }));
  const words = joined(told.map((each) => each.words));
  const help = `\`dure help ${command.name.replace(".", " ")}\``;
  const issues = told.map(({ path, words: { en } }) => ({ path, message: en }));
  return new CommandFailure("INVALID", { message: `${command.name}: ${words.en}`, hint: `See ${help}.`, ko: { message: `${command.name}: ${words.ko}`, hint: `${help} 참고` } }, { issues });
}

function parsed(command: BoundCommand, given: unknown): z.ZodSafeParseResult<unknown> {
  try {
    return command.params.safeParse(given ?? {});
  } catch (error) {
    // A schema of any JSON goes as deep as what it is given: a hundred thousand brackets are too many for its stack.
    if (error instanceof RangeError) throw new CommandFailure("INVALID", { message: `${command.name}: the parameters are nested too deeply`, ko: { message: `${command.name}: 매개변수가 너무 깊이 중첩되어 있습니다` } }, { cause: error });
    throw error;
  }
}

/** What is no parameter of the command may be a secret whose name is mistyped: of it only the name is kept. */
function withoutSecrets(given: unknown, { params, secret = [], unaudited = [] }: BoundCommand): unknown {
  if (typeof given !== "object" || given === null || Array.isArray(given)) return given === undefined || given === null ? {} : "[no parameters]";
  const known: object = "shape" in params ? (params.shape as object) : {};
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, secret.includes(name) || unaudited.includes(name) ? "[hidden]" : Object.hasOwn(known, name) ? value : "[unknown]"]));
}

function forbidden(command: BoundCommand, { name, role, scope }: Caller): CommandFailure {
  const isScope = scope !== undefined && !scope.includes(command.name);
  return new CommandFailure("FORBIDDEN", {
    message: isScope ? `${name} is not for \`${command.name}\`` : `\`${command.name}\` needs the role ${command.role}; ${name} is ${role}`,
    hint: isScope ? "Make a token whose scope has this command." : "Ask an admin to change the role, or to do it.",
    ko: {
      message: isScope ? `${name}의 범위에 \`${command.name}\` 명령이 없습니다` : `\`${command.name}\` 명령에는 ${command.role} 역할이 필요합니다 (지금 역할: ${role})`,
      hint: isScope ? "이 명령을 범위에 넣은 토큰을 만드세요." : "관리자에게 역할 변경이나 실행을 요청하세요.",
    },
  });
}

function tooOften({ name }: Caller): CommandFailure {
  return new CommandFailure("BUSY", { message: `${name} changes too much in too short a time`, hint: "Go on in a minute.", ko: { message: `${name}: 짧은 시간에 너무 많은 변경을 요청했습니다`, hint: "1분 뒤에 이어서 하세요." } });
}

function unknownCommand(name: string, names: readonly string[]): CommandFailure {
  const near = closest(name, names);
  return new CommandFailure("UNKNOWN_COMMAND", {
    message: `this agent knows no \`${name}\``,
    hint: near === undefined ? "It may be of another version than this command: start it again." : `Did you mean \`${near}\`?`,
    ko: { message: `이 에이전트에는 \`${name}\` 명령이 없습니다`, hint: near === undefined ? "에이전트와 명령의 버전이 다를 수 있습니다. 에이전트를 다시 시작하세요." : `혹시 \`${near}\` 인가요?` },
  });
}
