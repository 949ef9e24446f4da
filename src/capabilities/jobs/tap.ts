// So many lines a second and no more of what nobody asked for: those left out are counted, and the first one of a later second tells how many they were.
const LINES_MAX = 50;
const SECOND_MS = 1000;

export class Tap {
  readonly #tell: (text: string) => void;
  #lines = 0;
  #left = 0;
  #sinceMs = Number.NEGATIVE_INFINITY;

  constructor(tell: (text: string) => void) {
    this.#tell = tell;
  }

  mayPass(): boolean {
    const nowMs = performance.now();
    if (SECOND_MS <= nowMs - this.#sinceMs) {
      this.#sinceMs = nowMs;
      this.#lines = 0;
      const left = this.#left;
      this.#left = 0;
      if (0 < left) this.#tell(`… ${left} more lines were printed and left out`);
    }
    if (this.#lines < LINES_MAX) {
      this.#lines += 1;
      return true;
    }
    this.#left += 1;
    return false;
  }
}
