/** One at a time, in the order they came. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Waits for those who came before; what is given back ends this turn. */
  async take(): Promise<() => void> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    return resolve;
  }
}
