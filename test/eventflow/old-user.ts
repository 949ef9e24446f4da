// Somebody who knows only EventFlow: a real agent with its console and its HTTP API, programs that keep EventFlow's contract, and the two ways to steer them.
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { startAgent } from "../faults/agent.ts";
import type { Agent } from "../faults/agent.ts";
import { until } from "../cli/run-dure.ts";
import type { Folder } from "../cli/run-dure.ts";
import { freePort } from "../servers/free-port.ts";

export type OldBody = Readonly<Record<string, readonly Readonly<Record<string, string>>[]>>;

/**
 * What EventFlow asks of a program: it reads a line, prints what comes of it, and echoes the line on standard error. `NAME.got` has what it was given,
 * `NAME.starts` when it was started. `die` ends it in the middle of an event, `hold` has it wait until the file `go` is there.
 */
const JOB = `
import { appendFileSync, existsSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
const [, , name] = process.argv;
appendFileSync(name + ".starts", Date.now() + " " + process.pid + "\\n");
for await (const line of createInterface({ input: process.stdin })) {
  appendFileSync(name + ".got", line + "\\n");
  if (line.startsWith("die") && !existsSync("healed")) {
    writeSync(2, "working on it\\nTraceback (most recent call last):\\n  ValueError: " + line + "\\n");
    process.exit(3);
  }
  while (line.startsWith("hold") && !existsSync("go")) await new Promise((resolve) => setTimeout(resolve, 20));
  writeSync(1, name + "<" + line + ">\\n");
  writeSync(2, line + "\\n");
}
`;

export class OldUser {
  readonly here: Folder;
  readonly consolePort: number;
  readonly httpPort: number;
  agent: Agent;
  #session: ConsoleUser | undefined;

  private constructor(here: Folder, agent: Agent, consolePort: number, httpPort: number) {
    this.here = here;
    this.agent = agent;
    this.consolePort = consolePort;
    this.httpPort = httpPort;
  }

  static async arrive(here: Folder, config: Readonly<Record<string, unknown>> = {}): Promise<OldUser> {
    const [consolePort, httpPort] = [await freePort(), await freePort()];
    here.write("job.mjs", JOB);
    const agent = startAgent(here, {}, { agent: { data_dir: "./data" }, config: { http: false, console: { port: consolePort }, process_settings: { old_api: { on: true, port: httpPort } }, ...config } });
    const self = new OldUser(here, agent, consolePort, httpPort);
    await self.#ready();
    return self;
  }

  async #ready(): Promise<void> {
    await this.agent.logged(/the console is here/);
    await this.agent.logged(/the old HTTP API is here/);
  }

  /** As the agent left its config. */
  async startAgain(): Promise<void> {
    this.#session = undefined;
    this.agent = startAgent(this.here, {}, { isWritten: true });
    await this.#ready();
  }

  /** The lines of the answer, without its begin and its end. */
  async say(line: string): Promise<string[]> {
    this.#session ??= await ConsoleUser.connect(this.consolePort);
    return this.#session.say(line);
  }

  /** Each is answered OK. */
  async does(...lines: readonly string[]): Promise<void> {
    for (const line of lines) for (const answer of await this.say(line)) assert.match(answer, /^OK : /, `${line}: ${answer}`);
  }

  ask(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: OldBody; readonly text: string }> {
    return askOld(this.httpPort, method, `/api/v1/${path}`, body);
  }

  /** The one row of `GET tasks/NAME`. */
  async task(name: string): Promise<Readonly<Record<string, string>>> {
    return (await this.ask("GET", `tasks/${encodeURIComponent(name)}`)).body["TASKS"]?.[0] ?? {};
  }

  async stdin(name: string): Promise<Readonly<Record<string, string>>> {
    return (await this.ask("GET", `tasks/${encodeURIComponent(name)}/queue/stdin`)).body["QUEUES"]?.[0] ?? {};
  }

  /** What a job was given so far, or when it was started. */
  file(name: string): string[] {
    const path = this.here.file(name);
    return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
  }

  async got(name: string, count: number): Promise<string[]> {
    await until(() => count <= this.file(`${name}.got`).length, `${name} has ${count} events`).catch((error: Error) => Promise.reject(new Error(`${error.message}; it has ${this.file(`${name}.got`).length}\n${this.agent.log().slice(-3000)}`)));
    return this.file(`${name}.got`);
  }

  leave(): void {
    this.#session?.close();
    this.#session = undefined;
  }
}

/** One connection of the console. */
export class ConsoleUser {
  readonly socket: Socket;
  #heard = "";
  #wake = (): void => {};
  #isOver = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding("utf8").on("data", (text: string) => {
      this.#heard += text;
      this.#wake();
    });
    for (const end of ["close", "error"]) socket.on(end, () => {
      this.#isOver = true;
      this.#wake();
    });
  }

  static async connect(port: number): Promise<ConsoleUser> {
    const socket = connect({ port, host: "127.0.0.1" });
    await once(socket, "connect");
    return new ConsoleUser(socket);
  }

  async say(line: string): Promise<string[]> {
    this.socket.write(`${line}\n`);
    return this.answer();
  }

  /** The next answer; rejects when there is none. */
  async answer(): Promise<string[]> {
    for (;;) {
      const end = /(?:^|\n)<end>\r?\n/.exec(this.#heard);
      if (end !== null) {
        const whole = this.#heard.slice(0, end.index);
        this.#heard = this.#heard.slice(end.index + end[0].length);
        const [first, ...lines] = whole.split(/\r?\n/);
        assert.equal(first, "<begin>");
        return lines;
      }
      if (this.#isOver) throw new Error(`the console closed the connection; it had said ${JSON.stringify(this.#heard)}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  close(): void {
    this.socket.destroy();
  }
}

/** By hand: `fetch` sends no body with a GET, EventFlow's clients do. */
export async function askOld(port: number, method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<{ readonly status: number; readonly body: OldBody; readonly text: string }> {
  const text = body === undefined ? "" : Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const asked = request({ host: "127.0.0.1", port, method, path, agent: false, headers: { ...(text.length === 0 ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }), ...headers } }).end(text);
  asked.on("error", () => {}); // Who is refused may be sent away before he has said all.
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of response as AsyncIterable<Buffer>) parts.push(part);
  const said = Buffer.concat(parts).toString("utf8");
  return { status: response.statusCode ?? 0, text: said, body: said === "" ? {} : (JSON.parse(said) as OldBody) };
}
