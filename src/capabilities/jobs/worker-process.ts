// One process that runs rules, seen from the agent: what is written to it goes out together at the end of a turn, what it says comes line by line. It is ended with all
// it started.
import { startAgentChild } from "#base/child/agent-children.ts";
import type { ChildEnd, ChildTree } from "#base/child/child-tree.ts";
import type { FromWorker } from "./worker-protocol.ts";

export interface WorkerProgram {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How long the import of one file of the rules folder may take. */
  readonly fileMs?: number;
}

export interface WorkerListener {
  message(message: FromWorker): void;
  /** Not to be understood: a line that is no message. */
  noise(line: string): void;
  /** What it printed past all that catches what rules print. */
  error(line: string): void;
  ended(end: ChildEnd): void;
}

/** A line longer than this is no message: the worker has lost its way, and is ended. */
const LINE_CHARACTERS_MAX = 256 << 20;
const NEWLINE = 10;

export class WorkerProcess {
  readonly #child: ChildTree;
  readonly #listener: WorkerListener;
  #waiting: string[] = [];
  #isFlushing = false;

  constructor(program: WorkerProgram, what: string, listener: WorkerListener) {
    this.#listener = listener;
    this.#child = startAgentChild({ ...program, stdio: ["pipe", "pipe", "pipe"] }, what);
    const { stdin, stdout, stderr } = this.#child;
    stdin?.on("error", () => {}); // Its end says so.
    if (stdout !== null) this.#readLines(stdout, (line) => this.#message(line));
    if (stderr !== null) this.#readLines(stderr, (line) => listener.error(line));
    void this.#child.ended.then((end) => listener.ended(end));
  }

  /** 0: it could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** One message, as a line without its end. */
  send(line: string): void {
    this.#waiting.push(line);
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    setImmediate(() => this.#flush());
  }

  /** Nothing more is sent: it ends when what runs has ended. */
  drain(): void {
    this.send('{"type":"drain"}');
    setImmediate(() => this.#child.stdin?.end());
  }

  async kill(waitMs = 0): Promise<void> {
    await this.#child.end(waitMs === 0 ? { signal: "SIGKILL", waitMs } : { signal: "SIGTERM", waitMs });
  }

  async residentBytes(): Promise<number> {
    return (await this.#child.usage()).residentBytes;
  }

  #flush(): void {
    this.#isFlushing = false;
    const lines = this.#waiting;
    this.#waiting = [];
    const { stdin } = this.#child;
    if (stdin?.writable === true) stdin.write(`${lines.join("\n")}\n`);
  }

  #message(line: string): void {
    let message: FromWorker;
    try {
      message = JSON.parse(line) as FromWorker;
    } catch {
      return this.#listener.noise(line);
    }
    this.#listener.message(message);
  }

  #readLines(stream: NodeJS.ReadableStream, each: (line: string) => void): void {
    let parts: Buffer[] = [];
    let bytes = 0;
    stream.on("data", (chunk: Buffer) => {
      let from = 0;
      for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
        const line = parts.length === 0 ? chunk.toString("utf8", from, at) : Buffer.concat([...parts, chunk.subarray(from, at)]).toString("utf8");
        parts = [];
        bytes = 0;
        from = at + 1;
        each(line);
      }
      if (from === chunk.length) return;
      parts.push(chunk.subarray(from));
      bytes += chunk.length - from;
      if (bytes <= LINE_CHARACTERS_MAX) return;
      parts = [];
      bytes = 0;
      void this.kill();
    });
    stream.on("error", () => {});
  }
}
