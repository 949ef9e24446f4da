/** Keeps the order of what is worked on side by side: it goes on as it came. */
export class Order {
  #all: Promise<unknown> = Promise.resolve();

  /** Takes a place. What comes back is to be called once, when the work is over; it resolves when that of all before is. */
  enter(): () => Promise<unknown> {
    const before = this.#all;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#all = before.then(() => promise);
    return () => {
      resolve();
      return before;
    };
  }
}
