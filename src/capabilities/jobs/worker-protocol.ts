// What the agent and a worker process say to each other: JSON, one message a line, over the worker's standard input and output. Node and Python workers speak the same.
// Whatever a rule prints goes elsewhere (`log`), so that nothing of it can be taken for a message. Lines of one turn are written together.

import type { JsonValue } from "#base/json.ts";

/** `data` is the job's own JSON, put into the line as it is. */
export type ToWorker =
  | { readonly type: "run"; readonly job: number; readonly id: string; readonly rule: string; readonly attempt: number; readonly key?: string; readonly data: unknown }
  /** Its time is over, or somebody cancelled it: the rule's signal aborts. */
  | { readonly type: "cancel"; readonly job: number; readonly why: "timeout" | "cancelled" | "drain" }
  /** To the Node process: the Python process beside it, which ends with it when the agent is killed; 0: there is none. */
  | { readonly type: "beside"; readonly pid: number }
  /** Nothing more comes: end when what runs has ended. */
  | { readonly type: "drain" };

export type FromWorker =
  /** The file that it imports next: what it runs may stand still or end the process, and then it is known which it was. */
  | { readonly type: "loading"; readonly file: string }
  /** All rules are loaded: jobs may come. */
  | { readonly type: "ready"; readonly pid: number; readonly rules: readonly RuleFacts[]; readonly problems: readonly RuleProblem[] }
  | { readonly type: "done"; readonly job: number; readonly result: unknown; readonly text?: string }
  | { readonly type: "failed"; readonly job: number; readonly error: { readonly kind: string; readonly message: string; readonly stack?: string; readonly isFinal?: true; readonly retryAfterMs?: number } }
  | { readonly type: "progress"; readonly job: number; readonly share?: number; readonly text?: string }
  | { readonly type: "mark"; readonly job: number; readonly name: string; readonly text?: string }
  /** Somebody is to be told, once the job has succeeded. */
  | ({ readonly type: "notice"; readonly job: number } & RuleNotice)
  /** What a rule printed; `job` is missing where nobody can tell whose it was. */
  | { readonly type: "log"; readonly job?: number; readonly level: "debug" | "info" | "warn" | "error"; readonly text: string }
  /** Each second from its event loop; none while it is blocked. */
  | { readonly type: "beat"; readonly jobs: number; readonly memoryBytes: number };

export interface RuleNotice {
  readonly notifier: string;
  readonly subject: string;
  readonly text: string;
  readonly data: JsonValue;
}

/** What can be called, and how its author wants it run. */
export interface RuleFacts {
  /** `test.module:TestClass.callme`. */
  readonly name: string;
  readonly module: string;
  readonly class?: string;
  readonly function: string;
  /** Relative to the rules folder. */
  readonly file: string;
  readonly runtime: "node" | "python" | "program";
  readonly summary?: string;
  /** JSON Schema (draft-07) of its arguments. */
  readonly args?: unknown;
  /** Arguments that must not be shown: dotted paths. */
  readonly secrets?: readonly string[];
  readonly timeoutMs?: number;
  /** 1: it is not tried again. */
  readonly attempts?: number;
  readonly backoff?: { readonly firstMs: number; readonly mostMs: number };
  /** At a time on this agent. */
  readonly concurrency?: number;
  readonly rate?: { readonly count: number; readonly perMs: number };
  readonly priority?: number;
  /** In a thread of its own within the worker: it burns processor time. */
  readonly ownThread?: true;
  /** Dotted path of the argument that makes two jobs the same. */
  readonly idempotencyKey?: string;
}

/** Why a file of the rules folder cannot be used, in part or at all. */
export interface RuleProblem {
  readonly file: string;
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
}
