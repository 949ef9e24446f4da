// The bytes of one message that is not all there yet.

/** What all connections of an input may hold of unfinished messages together. */
export class CarryBudget {
  readonly bytesMax: number;
  heldBytes = 0;
  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }
}

const SMALLEST_BYTES = 256;
/** A buffer larger than this is not kept for the next message. */
const KEPT_BYTES = 16 << 10;
const NOTHING = Buffer.alloc(0);

export class Carry {
  /** The bytes are those up to `length`. */
  bytes: Buffer = NOTHING;
  length = 0;
  readonly #budget: CarryBudget;

  constructor(budget: CarryBudget) {
    this.#budget = budget;
  }

  /** Takes as many of the bytes as the budget allows; false when those are not all. */
  append(piece: Buffer, from: number, to: number): boolean {
    const wanted = this.length + to - from;
    if (this.bytes.length < wanted) {
      const capacity = Math.max(SMALLEST_BYTES, wanted, this.bytes.length * 2); // Doubling keeps a long message in many pieces linear.
      if (this.#budget.bytesMax < this.#budget.heldBytes + capacity - this.bytes.length) return this.#appendInside(piece, from, to);
      const grown = Buffer.allocUnsafeSlow(capacity); // Not from Node's pool: a few bytes would hold a whole page of it.
      this.bytes.copy(grown, 0, 0, this.length);
      this.#hold(grown);
    }
    this.length += piece.copy(this.bytes, this.length, from, to);
    return true;
  }

  clear(): void {
    this.length = 0;
    if (KEPT_BYTES < this.bytes.length) this.release();
  }

  release(): void {
    this.length = 0;
    this.#hold(NOTHING);
  }

  #appendInside(piece: Buffer, from: number, to: number): boolean {
    this.length += piece.copy(this.bytes, this.length, from, to);
    return false;
  }

  #hold(bytes: Buffer): void {
    this.#budget.heldBytes += bytes.length - this.bytes.length;
    this.bytes = bytes;
  }
}
