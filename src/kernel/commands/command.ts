// What one can tell the agent, and what it can show: each is declared once, in the capability that owns it. The command line, the HTTP
// API, the WebSocket, the dashboard, the permissions, the audit and the reference are made from these declarations.
import type { z } from "zod";
import type { JsonValue } from "#base/json.ts";
import type { Text } from "#base/lang.ts";
import type { Caller, Role } from "../access/caller.ts";

export interface CommandCall {
  readonly caller: Caller;
  /** The caller has gone, or the agent ends. */
  readonly signal: AbortSignal;
  /** Of a stream: sends an event; false: the caller reads too slowly, and it was not sent. */
  emit(event: JsonValue): boolean;
  /** Of a change: what it was about before and after, for the audit. Secrets in it are taken out. */
  changed(what: { readonly subject?: string; readonly before?: JsonValue; readonly after?: JsonValue }): void;
}

/** `Port`: what the command needs of the running agent; its capability says what that is, and `daemon/control-table.ts` brings it. */
export interface CommandDefinition<Port = never, Params extends z.ZodType = z.ZodType, Result extends z.ZodType = z.ZodType, Event extends z.ZodType = z.ZodType, Name extends string = string> {
  /** `pipelines.list`: noun, dot, imperative. */
  readonly name: Name;
  readonly summary: Text;
  /** Who may. */
  readonly role: Role;
  /** What changes something is audited, and is never a GET. */
  readonly effect: "read" | "change";
  /** The parameter that names the one thing it is about: part of the URL, and the first word on the command line. */
  readonly key?: string;
  /** A strict object; what HTTP and the command line give as text is turned into its numbers and booleans. */
  readonly params: Params;
  readonly result: Result;
  /** It emits such events until the caller goes. */
  readonly event?: Event;
  /** It is read, but who looked at what is audited: records of users pass here. */
  readonly isAudited?: boolean;
  /** What it did is kept, with who wanted it, where it is done: thousands may come in a second, and only who was not allowed to stands in the audit. */
  readonly hasOwnRecord?: boolean;
  /** It looks through much: few are run at a time, and of one user fewer still. No stream. */
  readonly isCostly?: boolean;
  /** Parameters that the audit must not keep: a password, the text of a config. */
  readonly secret?: readonly string[];
  /** Parameters that the audit does not keep either, though a command line may hold them: somebody's data, in which nobody knows what is secret. */
  readonly unaudited?: readonly string[];
  /** Examples of the command line, for its help and the reference. */
  readonly examples?: readonly { readonly line: string; readonly text: Text }[];
  run(params: z.output<Params>, call: CommandCall, port: Port): Unchanging<z.input<Result>> | Promise<Unchanging<z.input<Result>>>;
}

/** A value that nobody is going to change. */
export type Unchanging<Value> = unknown extends Value
  ? Value
  : [z.core.util.JSONType] extends [Value] // Any JSON: it has no end that one could go down to.
    ? JsonValue | Extract<Value, undefined>
    : Value extends object
      ? { readonly [Key in keyof Value]: Unchanging<Value[Key]> }
      : Value;

/** Checks the types of one declaration, and keeps them for those who call it; does nothing else. */
export function defineCommand<Port>() {
  return <Name extends string, Params extends z.ZodType, Result extends z.ZodType, Event extends z.ZodType = z.ZodNever>(definition: CommandDefinition<Port, Params, Result, Event, Name>): CommandDefinition<Port, Params, Result, Event, Name> => definition;
}

/** By name what a caller gives and gets: with it a wrong name, parameter or field is an error of types. */
export type CommandTypes<Commands extends readonly CommandDefinition[]> = {
  readonly [Command in Commands[number] as Command["name"]]: {
    readonly params: Unchanging<z.input<Command["params"]>>;
    readonly result: FromJson<z.output<Command["result"]>>;
    /** never: it is no stream. */
    readonly event: FromJson<z.output<NonNullable<Command["event"]>>>;
  };
};

/** As a value arrives: nothing is undefined, for JSON has no such word; it is there or not. */
type FromJson<Value> = unknown extends Value
  ? Value
  : [z.core.util.JSONType] extends [Value]
    ? JsonValue
    : Value extends object
      ? { readonly [Key in keyof Value]: FromJson<Exclude<Value[Key], undefined>> }
      : Value;

/** A command with what it needs: ready to be called. */
export interface BoundCommand extends Omit<CommandDefinition, "run"> {
  run(params: unknown, call: CommandCall): unknown;
}

export function bindCommands<Port>(commands: readonly CommandDefinition<Port>[], port: Port): BoundCommand[] {
  return commands.map((command) => ({ ...command, run: (params, call) => command.run(params, call, port) }));
}
