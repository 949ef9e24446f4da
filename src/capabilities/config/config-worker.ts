// Has configs read in a process apart. Reading YAML and checking options takes some 35 MB, and a plugin file of the user's own runs whatever it
// likes when it is loaded: an agent that runs for months should neither carry the one nor wait for the other. The process is started
// with the first question, ends when none has come for a while, and is killed when it hangs. It is loaded into every agent.
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { CommandFailure } from "#kernel/commands/failure.ts";
import type { AnswerTo, FromProcess, Question, ToProcess } from "./config-questions.ts";

export interface ConfigWorkerSettings {
  readonly idleMs?: number;
  readonly limitMs?: number;
  /** In place of ours; in tests. */
  readonly program?: string;
}

const IDLE_MS = 10_000;
const LIMIT_MS = 20_000;
/** What unfolds without end ends this process, and not the machine. A young generation that holds most of what reading a config makes, for it is garbage. */
const MEMORY = ["--max-old-space-size=512", "--min-semi-space-size=16", "--max-semi-space-size=16"];
/** Others may ask meanwhile, but not without end. */
const WAITING_MAX = 32;

interface Waiting {
  readonly question: Question;
  readonly signal: AbortSignal | undefined;
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

export class ConfigWorker implements AsyncDisposable {
  readonly #settings: Required<ConfigWorkerSettings>;
  readonly #waiting: Waiting[] = [];
  #child: ChildProcess | undefined;
  #asked: (Waiting & { readonly id: number; readonly timer: NodeJS.Timeout }) | undefined;
  #idle: NodeJS.Timeout | undefined;
  #count = 0;
  #isClosed = false;

  constructor({ idleMs = IDLE_MS, limitMs = LIMIT_MS, program = fileURLToPath(new URL("./config-process.ts", import.meta.url)) }: ConfigWorkerSettings = {}) {
    this.#settings = { idleMs, limitMs, program };
  }

  /** Questions are answered one after the other. One whose caller has gone is not asked any more. */
  ask<Q extends Question>(question: Q, signal?: AbortSignal): Promise<AnswerTo<Q>> {
    if (this.#isClosed) return Promise.reject(unavailable("the agent is ending", "에이전트가 끝나는 중입니다"));
    if (WAITING_MAX <= this.#waiting.length) return Promise.reject(busy());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ question, signal, resolve: resolve as Waiting["resolve"], reject });
      this.#next();
    });
  }

  /** Nobody is going to ask soon: the process ends now, if it has nothing to do. */
  rest(): void {
    clearTimeout(this.#idle);
    if (this.#asked === undefined && this.#waiting.length === 0) this.#leave();
  }

  #next(): void {
    if (this.#asked !== undefined) return;
    const next = this.#waiting.shift();
    if (next === undefined) return this.#rest();
    if (next.signal?.aborted === true) {
      next.reject(unavailable("not asked any longer", "더 묻지 않습니다"));
      return this.#next();
    }
    clearTimeout(this.#idle);
    const id = (this.#count += 1);
    const timer = setTimeout(() => this.#end(unavailable(`reading the config took longer than ${this.#settings.limitMs / 1000} s and was given up`, `설정을 읽는 데 ${this.#settings.limitMs / 1000}초 넘게 걸려 그만두었습니다`, "A plugin file may hang when it is loaded: try `dure validate`.", "플러그인 파일이 로드 중에 멈추었을 수 있습니다. `dure validate`로 확인하세요.")), this.#settings.limitMs);
    this.#asked = { ...next, id, timer };
    const message: ToProcess = { id, question: next.question };
    this.#process().send(message, (error) => {
      if (error !== null) this.#end(ended());
    });
  }

  #process(): ChildProcess {
    if (this.#child !== undefined) {
      this.#child.ref();
      this.#child.channel?.ref();
      return this.#child;
    }
    // What a plugin prints when it is loaded must not stand among what the agent prints. A debugger is meant for the agent.
    const child = fork(this.#settings.program, { stdio: ["ignore", "ignore", "inherit", "ipc"], execArgv: MEMORY, env: { ...process.env, NODE_OPTIONS: "" } });
    this.#child = child;
    child.on("message", (message: FromProcess) => {
      if (this.#child !== child || this.#asked?.id !== message.id) return;
      const { timer, resolve, reject } = this.#asked;
      clearTimeout(timer);
      this.#asked = undefined;
      if ("error" in message) reject(new Error(message.error));
      else resolve(message.answer);
      this.#next();
    });
    const gone = (): void => {
      if (this.#child === child) this.#end(ended());
    };
    child.once("exit", gone).once("error", gone);
    return child;
  }

  /** The process is given up; the next question has one of its own. */
  #end(reason: CommandFailure): void {
    const [child, asked] = [this.#child, this.#asked];
    this.#child = undefined;
    this.#asked = undefined;
    child?.removeAllListeners("message");
    child?.kill("SIGKILL");
    if (asked === undefined) return;
    clearTimeout(asked.timer);
    asked.reject(reason);
    this.#next();
  }

  #rest(): void {
    clearTimeout(this.#idle);
    // Nothing is under way: neither it nor the timer keeps the agent from ending.
    this.#child?.unref();
    this.#child?.channel?.unref();
    this.#idle = setTimeout(() => this.#leave(), this.#settings.idleMs).unref();
  }

  #leave(): void {
    const child = this.#child;
    this.#child = undefined;
    if (child?.connected === true) child.disconnect();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#idle);
    for (const { reject } of this.#waiting.splice(0)) reject(unavailable("the agent is ending", "에이전트가 끝나는 중입니다"));
    if (this.#asked === undefined) this.#leave();
    else this.#end(unavailable("the agent is ending", "에이전트가 끝나는 중입니다"));
  }
}

function unavailable(en: string, ko: string, hintEn?: string, hintKo?: string): CommandFailure {
  return new CommandFailure("UNAVAILABLE", { message: en, ...(hintEn === undefined ? {} : { hint: hintEn }), ko: { message: ko, ...(hintKo === undefined ? {} : { hint: hintKo }) } });
}

function ended(): CommandFailure {
  return unavailable("the process that reads configs has ended", "설정을 읽는 프로세스가 끝났습니다", "Its words are in the agent's output; try again.", "에이전트의 출력에 이유가 있습니다. 다시 시도하세요.");
}

function busy(): CommandFailure {
  return new CommandFailure("BUSY", { message: "too many ask about configs at once", hint: "Try again in a moment.", ko: { message: "설정에 대한 요청이 한꺼번에 너무 많습니다", hint: "잠시 뒤에 다시 시도하세요." } });
}
