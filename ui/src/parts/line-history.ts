// The lines that were sent before, walked with the arrow keys as in a shell; what one was about to write comes back at the end.

const KEPT_MAX = 100;

export class LineHistory {
  #lines: string[] = [];
  #at = 0;
  #unsent = "";

  add(line: string): void {
    if (line !== "" && this.#lines.at(-1) !== line) this.#lines = [...this.#lines, line].slice(-KEPT_MAX);
    this.#at = this.#lines.length;
    this.#unsent = "";
  }

  /** What the field shows after an arrow key; undefined: the key was not for this, or a syllable is being composed. */
  keyed(event: KeyboardEvent): string | undefined {
    const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    if (step === 0 || event.isComposing || !(event.target instanceof HTMLInputElement)) return undefined;
    const next = this.#at + step;
    if (next < 0 || this.#lines.length < next) return undefined;
    if (this.#at === this.#lines.length) this.#unsent = event.target.value;
    this.#at = next;
    return this.#lines[next] ?? this.#unsent;
  }
}
