// One process that runs rules, seen from the agent: what is written to it goes out together at the end of a turn, what it says comes line by line. It is ended with all
// it started.
import { startAgentChild } from "#base/child/agent-children.ts";
import type { ChildEnd, ChildTree } from "#base/child/child-tree.ts";
import { heard } from "./worker-line.ts";
import type { Heard } from "./worker-line.ts";

export interface WorkerProgram {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How long the import of one file of the rules folder may take. */
  readonly fileMs: number;
  /** Of the greatest result that it may give. */
  readonly resultBytesMax?: number;
}

export interface WorkerListener {
  message(message: Heard): void;
  /** Not to be understood: a line that is no message. */
  noise(line: string): void;
  /** What it printed past all that catches what rules print. */
  error(line: string): void;
  ended(end: ChildEnd): void;
}

/** A line longer than this beside its result, which stands in it twice and may be escaped, is no message: the worker has lost its way, and is ended. */
const LINE_BYTES_MAX = 32 << 20;
/** Of a line that a rule's child printed past us, so much is kept. */
const ERROR_BYTES_MAX = 8000;
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
    if (stdout !== null) readLines(stdout, (line) => this.#message(line), { bytesMax: LINE_BYTES_MAX + 8 * (program.resultBytesMax ?? 0), tooLong: () => void this.kill() });
    if (stderr !== null) readLines(stderr, (line) => listener.error(line), { bytesMax: ERROR_BYTES_MAX, tooLong: (begin) => listener.error(`${begin} …`) });
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
    let message: Heard;
    try {
      message = heard(line);
    } catch {
      return this.#listener.noise(line);
    }
    this.#listener.message(message);
  }
}

/** Of a line beyond `bytesMax` the begin is told once; the rest of it is let go. */
function readLines(stream: NodeJS.ReadableStream, each: (line: string) => void, { bytesMax, tooLong }: { readonly bytesMax: number; tooLong(begin: string): void }): void {
  let parts: Buffer[] = [];
  let bytes = 0;
  let isSkipping = false;
  stream.on("data", (chunk: Buffer) => {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      if (!isSkipping) each(parts.length === 0 ? chunk.toString("utf8", from, at) : Buffer.concat([...parts, chunk.subarray(from, at)]).toString("utf8"));
      parts = [];
      bytes = 0;
      isSkipping = false;
      from = at + 1;
    }
    if (from === chunk.length || isSkipping) return;
    parts.push(chunk.subarray(from));
    bytes += chunk.length - from;
    if (bytes <= bytesMax) return;
    const begin = Buffer.concat(parts).subarray(0, ERROR_BYTES_MAX).toString("utf8");
    parts = [];
    isSkipping = true;
    tooLong(begin);
  });
  stream.on("error", () => {});
}
