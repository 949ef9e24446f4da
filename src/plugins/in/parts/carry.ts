// The bytes of one message that is not all there yet.

/** What the unfinished messages of all connections of an input may hold together, beyond what each has of its own. */
export class CarryBudget {
  readonly bytesMax: number;
  heldBytes = 0;
  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }
}

const SMALLEST_BYTES = 256;
/** Each connection's own: no ordinary message hangs on what others leave unfinished. A buffer no larger than this is kept for the next message. */
const OWN_BYTES = 16 << 10;
const NOTHING = Buffer.alloc(0);

export class Carry {
  /** The bytes are those up to `length`. */
  bytes: Buffer = NOTHING;
  length = 0;
  readonly #budget: CarryBudget;
  /** No message is carried beyond this. */
  readonly #bytesMax: number;

  constructor(budget: CarryBudget, bytesMax: number) {
    this.#budget = budget;
    this.#bytesMax = bytesMax;
  }

  /** Takes as many of the bytes as the budget allows; false when those are not all. */
  append(piece: Buffer, from: number, to: number): boolean {
    const wanted = this.length + to - from;
    if (this.bytes.length < wanted) this.#grow(wanted);
    this.length += piece.copy(this.bytes, this.length, from, to); // Copies no more than there is room for.
    return this.length === wanted;
  }

  clear(): void {
    this.length = 0;
    if (OWN_BYTES < this.bytes.length) this.release();
  }

  release(): void {
    this.length = 0;
    this.#hold(NOTHING);
  }

  /** To the bytes wanted and more, or as far as the budget goes. */
  #grow(wanted: number): void {
    const doubled = Math.max(SMALLEST_BYTES, wanted, Math.min(this.bytes.length * 2, this.#bytesMax)); // Doubling keeps a long message in many pieces linear.
    const most = Math.max(OWN_BYTES, this.bytes.length) + this.#budget.bytesMax - this.#budget.heldBytes;
    const capacity = Math.min(doubled, most);
    if (capacity <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(capacity); // Not from Node's pool: a few bytes would hold a whole page of it.
    this.bytes.copy(grown, 0, 0, this.length);
    this.#hold(grown);
  }

  #hold(bytes: Buffer): void {
    this.#budget.heldBytes += sharedBytes(bytes) - sharedBytes(this.bytes);
    this.bytes = bytes;
  }
}

function sharedBytes({ length }: Buffer): number {
  return Math.max(0, length - OWN_BYTES);
}
