// The thread of the processes before it knows what it is to run. Where a config seems to have processes it is made while the config is still
// being read, in a process apart: it has loaded what it needs by the time the plan is there, and 200 processes run 60 ms earlier.
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { MessageChannel, Worker } from "node:worker_threads";
import type { ProcessThreadData } from "./process-messages.ts";

/** What says that there are processes stands in the first part of a config, or the thread is made later. */
const LOOKED_AT_BYTES = 1 << 20;
const SEEMS_TO_HAVE_PROCESSES = /(?:^|[{,])[ \t]*["']?processes["']?[ \t]*:/m;

interface Made {
  readonly worker: Worker;
  begin(data: ProcessThreadData): void;
}

let early: Made | undefined;

/** A guess from the file's text: a wrong one costs a moment, and a file that cannot be read is somebody else's to explain. */
export function makeEarly(configFile: string): void {
  if (SEEMS_TO_HAVE_PROCESSES.test(beginOf(configFile))) early ??= made();
}

/** Begins in the thread that was made early, or in a new one. */
export function beginProcessWorker(data: ProcessThreadData): Worker {
  const { worker, begin } = early ?? made();
  early = undefined;
  begin(data);
  return worker;
}

/** There is no process after all. */
export function dropEarly(): void {
  void early?.worker.terminate();
  early = undefined;
}

function made(): Made {
  const { port1, port2 } = new MessageChannel(); // Of its own: what is said on the thread's port meanwhile waits there.
  // Descriptors are handed to sockets, which close them: what Node keeps of them for the end of a thread would be wrong.
  const worker = new Worker(new URL("./process-thread-start.ts", import.meta.url), { workerData: port2, transferList: [port2], trackUnmanagedFds: false, resourceLimits: { maxYoungGenerationSizeMb: 2 } });
  return { worker, begin: (data) => port1.postMessage(data) };
}

function beginOf(file: string): string {
  let fd: number | undefined;
  try {
    if (!statSync(file).isFile()) return ""; // What is read of a pipe would be missing in the config.
    fd = openSync(file, "r");
    const bytes = Buffer.allocUnsafe(LOOKED_AT_BYTES);
    return bytes.toString("latin1", 0, readSync(fd, bytes));
  } catch {
    return "";
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
