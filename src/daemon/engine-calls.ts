// Calls of an engine that runs in a thread of its own: each is a message with a number, and its answer another.
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { FailureFacts } from "#kernel/commands/failure.ts";

export interface EngineCall<Method> {
  readonly type: "call";
  readonly id: number;
  readonly method: Method;
  readonly args: readonly unknown[];
}

export type EngineAnswer =
  | { readonly type: "done"; readonly id: number; readonly answer: unknown }
  | { readonly type: "not done"; readonly id: number; readonly failure: FailureFacts };

export interface EngineCalls<Engine> {
  readonly engine: Engine;
  hear(answer: EngineAnswer): void;
  /** The thread has ended: whoever waits is told, and whoever asks from now on. */
  end(): void;
}

/** `hasEnded` says so, of this thread. */
export function engineCalls<Engine extends object>(tell: (call: EngineCall<keyof Engine>) => void, hasEnded: () => Error): EngineCalls<Engine> {
  const calls = new Map<number, { done(answer: unknown): void; failed(error: unknown): void }>();
  let asked = 0;
  let isRunning = true;
  const call = async (method: keyof Engine, args: readonly unknown[]): Promise<unknown> => {
    if (!isRunning) throw hasEnded();
    const id = (asked += 1);
    const { promise, resolve: done, reject: failed } = Promise.withResolvers<unknown>();
    calls.set(id, { done, failed });
    tell({ type: "call", id, method, args });
    return promise.finally(() => calls.delete(id));
  };
  return {
    engine: new Proxy({} as Engine, { get: (_, method) => (method === "then" ? undefined : (...args: readonly unknown[]) => call(method as keyof Engine, args)) }),
    hear(answer) {
      const waiting = calls.get(answer.id);
      if (answer.type === "done") waiting?.done(answer.answer);
      else waiting?.failed(new CommandFailure(answer.failure.code, answer.failure, answer.failure));
    },
    end() {
      isRunning = false;
      for (const { failed } of calls.values()) failed(hasEnded());
    },
  };
}
