// Before a buffer, deliveries stand in the order they were read, however long each takes on its way there.

export interface DoorPlace {
  /** Whether everything before has passed; where not, this may not pass either. */
  readonly before: Promise<boolean>;
  /** Exactly once: passed, or never will. A second call changes nothing. */
  leave(hasPassed: boolean): void;
}

export class Door {
  #last: Promise<boolean> = Promise.resolve(true);

  /** Takes a place in line. */
  enter(): DoorPlace {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#last = promise;
    return { before, leave: resolve };
  }
}
