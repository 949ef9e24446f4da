// The processes as the main thread sees them: a thread of their own, made when there is the first one.
import { MessageChannel } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { toError } from "#base/errors.ts";
import { lang } from "#base/lang.ts";
import type { OutputLine } from "#capabilities/processes/flows/flows.ts";
import type { ProcessEngine, ProcessNews } from "#capabilities/processes/processes.ts";
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { ProcessesPlan } from "#kernel/config/process-plan.ts";
import type { Log } from "#sdk/plugin.ts";
import type { FromProcessThread, ProcessThreadData, ToProcessThread } from "./process-messages.ts";
import { engineCalls } from "./engine-calls.ts";
import { beginProcessWorker } from "./process-worker.ts";

export interface ProcessPart {
  readonly engine: ProcessEngine;
  watchLines(process: string, show: (line: OutputLine) => void): Promise<() => void>;
  /** For a data-plane thread: its pipelines take and give events over it. */
  join(): MessagePort;
  /** All that is wanted has been started once. */
  readonly begun: Promise<void>;
  /** Resolves when every process has ended, and the thread with them. */
  readonly ended: Promise<void>;
  drain(): void;
  /** Nobody gives or takes events any more: the thread ends once the processes have. */
  finish(): void;
  /** Ends every process at once, without asking it. */
  abort(): void;
  /** Ends the thread, whatever it is doing; what it ran is ended at the next start. */
  kill(): void;
}

export interface ProcessPartParts {
  readonly plan: ProcessesPlan;
  readonly dataDir: string;
  readonly configDir: string;
  readonly log: Log;
  readonly news: ProcessNews;
}

export function startProcessPart({ plan, dataDir, configDir, log, news }: ProcessPartParts): ProcessPart {
  const data: ProcessThreadData = { plan, dataDir, configDir, lang: lang() };
  const worker = beginProcessWorker(data);
  const tell = (message: ToProcessThread, transfer: readonly MessagePort[] = []): void => worker.postMessage(message, [...transfer]);
  const calls = engineCalls<ProcessEngine>(tell, hasEnded);
  const watching = new Map<number, (line: OutputLine) => void>();
  let asked = 0;
  let isRunning = true;
  const begun = Promise.withResolvers<void>();
  const { promise: ended, resolve } = Promise.withResolvers<void>();

  worker.on("message", (message: FromProcessThread) => {
    if (message.type === "log") log[message.level](message.message, message.fields);
    else if (message.type === "done" || message.type === "not done") calls.hear(message);
    else if (message.type === "event") news.event(message.event);
    else if (message.type === "alert") news.alert(message.alert);
    else if (message.type === "state") news.state(message.status);
    else if (message.type === "begun") begun.resolve();
    else for (const line of message.lines) watching.get(message.id)?.(line);
  });
  worker.on("error", (thrown) => log.error("the thread of the processes broke; what it ran is ended at the next start", { error: toError(thrown) }));
  worker.on("exit", () => {
    isRunning = false;
    calls.end();
    begun.resolve();
    resolve();
  });

  return {
    engine: calls.engine,
    begun: begun.promise,
    ended,
    async watchLines(process, show) {
      if (!isRunning) throw hasEnded();
      const id = (asked += 1);
      watching.set(id, show);
      tell({ type: "watch", id, process });
      return () => {
        if (watching.delete(id) && isRunning) tell({ type: "unwatch", id });
      };
    },
    join() {
      const { port1, port2 } = new MessageChannel();
      tell({ type: "join", port: port1 }, [port1]);
      return port2;
    },
    drain: () => tell({ type: "drain" }),
    finish: () => tell({ type: "finish" }),
    abort: () => tell({ type: "abort" }),
    kill: () => void worker.terminate(),
  };
}

function hasEnded(): CommandFailure {
  return new CommandFailure("CONFLICT", { message: "the thread of the processes has ended", ko: { message: "프로세스 스레드가 끝났습니다" } });
}
