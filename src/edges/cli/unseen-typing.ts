// What is typed at the terminal without being seen: passwords.
import { exitCode } from "./exit-codes.ts";
import { CliFailure } from "./failure.ts";

/**
 * The terminal shows nothing of what is typed until the end of the scope, not even between two questions: who types ahead, or pastes both answers,
 * is neither seen nor cut short.
 */
export class UnseenTyping implements Disposable {
  readonly #stdin = process.stdin;
  #typed: string[] = [];
  /** What was typed behind the line's end. */
  #ahead: readonly string[] = [];

  constructor() {
    this.#stdin.setRawMode(true);
    this.#stdin.setEncoding("utf8");
  }

  /** One line. Ctrl-C ends the command; Backspace takes a whole syllable back. */
  async line(question: string): Promise<string> {
    process.stderr.write(question);
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const onText = (text: Iterable<string>): void => {
      try {
        const line = this.#take(text);
        if (line !== undefined) resolve(line);
      } catch (error) {
        reject(error);
      }
    };
    const onEnd = (): void => reject(new CliFailure(exitCode.wrongUse, { en: "the terminal has gone", ko: "터미널이 닫혔습니다" }));
    onText(this.#ahead);
    this.#stdin.on("data", onText).once("end", onEnd).resume();
    try {
      return await promise;
    } finally {
      this.#stdin.off("data", onText).off("end", onEnd).pause();
      process.stderr.write("\n");
    }
  }

  /** The line when it is whole; what follows it waits for the next question. */
  #take(text: Iterable<string>): string | undefined {
    const characters = [...text];
    this.#ahead = [];
    for (const [index, character] of characters.entries()) {
      if (character === "\r" || character === "\n") {
        this.#ahead = characters.slice(index + 1);
        return this.#typed.splice(0).join("");
      }
      if (character === "\x03" || character === "\x04") throw new CliFailure(exitCode.interrupted, { en: "nothing was done", ko: "아무것도 하지 않았습니다" });
      if (character === "\x7f" || character === "\b") this.#typed.pop();
      else if (" " <= character) this.#typed.push(character);
    }
    return undefined;
  }

  [Symbol.dispose](): void {
    this.#stdin.setRawMode(false);
  }
}
