// Rules that compute instead of waiting run in threads of their own, one job at a time in each, so that the worker's loop stays free for the others. A thread that does not
// listen when its job's time is over is ended, and costs nobody else anything.
import { Worker } from "node:worker_threads";
import type { FromWorker, ToWorker } from "../worker-protocol.ts";

type RunMessage = Extract<ToWorker, { readonly type: "run" }>;

interface Busy {
  readonly message: RunMessage;
  readonly say: (line: string) => void;
  readonly ended: () => void;
}

interface Thread {
  readonly worker: Worker;
  busy: Busy | undefined;
}

/** Between its signal and its end. */
const LISTEN_MS = 1000;
/** An idle thread holds some 10 MB. */
const IDLE_MAX = 2;

export class OwnThreads {
  readonly #threads = new Set<Thread>();

  run(message: RunMessage, say: (line: string) => void, ended: () => void): void {
    const free = [...this.#threads].find(({ busy }) => busy === undefined) ?? this.#begin();
    free.busy = { message, say, ended };
    free.worker.postMessage(JSON.stringify(message));
  }

  cancel(message: Extract<ToWorker, { readonly type: "cancel" }>): void {
    for (const thread of this.#threads) {
      if (thread.busy?.message.job !== message.job) continue;
      thread.worker.postMessage(JSON.stringify(message));
      setTimeout(() => thread.busy?.message.job === message.job && void thread.worker.terminate(), LISTEN_MS).unref();
    }
  }

  #begin(): Thread {
    const worker = new Worker(new URL("./thread-start.ts", import.meta.url), { stdout: true, stderr: true });
    const thread: Thread = { worker, busy: undefined };
    this.#threads.add(thread);
    worker.on("message", (text: string) => {
      for (const line of text.split("\n")) if (line !== "") this.#hear(thread, line);
    });
    worker.on("error", (error: Error) => this.#failed(thread, error.name, error.message));
    worker.on("exit", (code) => {
      this.#threads.delete(thread);
      this.#failed(thread, "THREAD_ENDED", `its thread ended with code ${code}`);
    });
    return thread;
  }

  #hear(thread: Thread, line: string): void {
    const { busy } = thread;
    const message = JSON.parse(line) as FromWorker;
    if (busy === undefined || message.type === "loading" || message.type === "ready" || message.type === "beat") return;
    busy.say(line);
    if (message.type !== "done" && message.type !== "failed") return;
    thread.busy = undefined;
    busy.ended();
    const idle = [...this.#threads].filter((each) => each.busy === undefined);
    for (const { worker } of idle.slice(IDLE_MAX)) void worker.terminate();
  }

  #failed(thread: Thread, kind: string, message: string): void {
    const { busy } = thread;
    if (busy === undefined) return;
    thread.busy = undefined;
    busy.say(JSON.stringify({ type: "failed", job: busy.message.job, error: { kind, message } } satisfies FromWorker));
    busy.ended();
  }
}
