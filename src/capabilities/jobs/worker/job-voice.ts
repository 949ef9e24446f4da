// What a job says before it ends, as it goes to the agent: so much of each kind and no more, whatever a rule does in a loop, and nothing of what the rule calls secret.
import { formatWithOptions } from "node:util";
import type { JsonValue } from "#base/json.ts";
import type { NoticeText, RuleLog } from "#sdk/rule.ts";
import type { FromWorker } from "../worker-protocol.ts";
import { asItIs, shownValue } from "./secret-words.ts";
import type { Shown } from "./secret-words.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

export const LOG_CHARACTERS_MAX = 4000;
const LINES_MAX = 500;
const MARKS_MAX = 300;
const NOTICES_MAX = 100;
const NOTICE_BYTES_MAX = 64 << 10;
const PROGRESS_CHARACTERS_MAX = 500;
const PROGRESS_EVERY_MS = 100;

export class JobVoice {
  readonly #job: number;
  readonly #say: (message: FromWorker) => void;
  readonly shown: Shown;
  #lines = 0;
  #marks = 0;
  #notices = 0;
  #isOver = false;
  #saidProgressMs = Number.NEGATIVE_INFINITY;
  #progress: FromWorker | undefined;

  constructor(job: number, say: (message: FromWorker) => void, shown: Shown) {
    this.#job = job;
    this.#say = say;
    this.shown = shown;
  }

  /** Nothing more is said of it. */
  end(): void {
    this.#isOver = true;
  }

  get log(): RuleLog {
    const at = (level: LogLevel) => (message: string, fields?: Readonly<Record<string, unknown>>): void => this.print(level, fields === undefined ? String(message) : formatWithOptions({ colors: false, breakLength: Number.POSITIVE_INFINITY }, "%s %o", message, fields));
    return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  }

  /** A line beyond the last tells the agent that there was more, and is the end of it. */
  print(level: LogLevel, text: string): void {
    if (this.#isOver || LINES_MAX < this.#lines) return;
    this.#lines += 1;
    this.#say({ type: "log", job: this.#job, level, text: this.shown(text, LOG_CHARACTERS_MAX) });
  }

  /** Of many within a moment the newest counts. */
  progress(share: unknown, text: unknown): void {
    if (this.#isOver) return;
    const isWaiting = this.#progress !== undefined;
    this.#progress = { type: "progress", job: this.#job, share: Math.min(1, Math.max(0, Number(share) || 0)), ...(text === undefined ? {} : { text: this.shown(String(text), PROGRESS_CHARACTERS_MAX) }) };
    if (isWaiting) return;
    const waitMs = this.#saidProgressMs + PROGRESS_EVERY_MS - performance.now();
    if (waitMs <= 0) setImmediate(() => this.#sayProgress());
    else setTimeout(() => this.#sayProgress(), waitMs).unref();
  }

  mark(name: unknown, text: unknown): void {
    if (this.#isOver || MARKS_MAX <= this.#marks) return;
    this.#marks += 1;
    this.#say({ type: "mark", job: this.#job, name: this.shown(String(name), 100), ...(text === undefined ? {} : { text: this.shown(String(text), LOG_CHARACTERS_MAX) }) });
  }

  /** Throws where the notice is none: what a rule does wrong is seen while it runs. */
  notify(notifier: unknown, notice: unknown): void {
    if (this.#isOver) return;
    const { subject, text = "", data = null } = (typeof notice === "string" ? { subject: notice } : (notice ?? {})) as Partial<NoticeText>;
    if (typeof notifier !== "string" || notifier === "") throw new TypeError("notify: name one of the `notifiers:` of the config first");
    if (typeof subject !== "string" || subject.trim() === "") throw new TypeError("notify: a notice has a subject: notify(\"ops\", { subject, text, data })");
    if (NOTICES_MAX <= this.#notices) throw new RangeError(`notify: a job may have ${NOTICES_MAX} notices`);
    const message: FromWorker = { type: "notice", job: this.#job, notifier, subject, text: String(text), data: JSON.parse(JSON.stringify(data) ?? "null") as JsonValue };
    const bytes = Buffer.byteLength(JSON.stringify(message));
    if (NOTICE_BYTES_MAX < bytes) throw new RangeError(`notify: the notice has ${bytes} bytes; ${NOTICE_BYTES_MAX} are allowed`);
    this.#notices += 1;
    const { shown } = this;
    this.#say(shown === asItIs ? message : { ...message, subject: shown(subject, subject.length), text: shown(message.text, message.text.length), data: shownValue(message.data, shown) });
  }

  #sayProgress(): void {
    const message = this.#progress;
    this.#progress = undefined;
    if (message === undefined || this.#isOver) return;
    this.#saidProgressMs = performance.now();
    this.#say(message);
  }
}
