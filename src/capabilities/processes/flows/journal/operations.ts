// What a step says in the journal: a payload is a row of operations. Numbers are little-endian; a queue has a short number of its own in each file.

const QUEUE = 1;
const PUT = 2;
const DONE = 3;
const FAILED = 4;
const DROP = 5;
const CARRY = 6;
const WHOLE = 7;
const LANDED = 8;

/** What reading tells, in the order it was written. */
export interface OperationTaker {
  /** `queue` stands for that key from now on, and what is put next has that number. */
  queue(queue: number, key: string, nextSeq: number): void;
  put(queues: readonly number[], count: number, bytes: Buffer): void;
  done(queue: number, firstSeq: number, count: number): void;
  failed(queue: number, seq: number, failures: number): void;
  drop(queue: number): void;
  /** What was read of a line whose end had not come. */
  carry(instance: string, isMore: boolean, bytes: Buffer): void;
  /** Up to this chunk, what was read from an instance has been told. */
  landed(instance: string, chunk: number): void;
  /** All that had been held when the file was begun has been told. */
  whole(): void;
}

const BIG_BYTES = 4 << 10;

/** Puts a payload together. What it gives is good until it is begun anew. */
export class OperationWriter {
  #scratch = Buffer.allocUnsafeSlow(16 << 10);
  #start = 0;
  #end = 0;
  #parts: Buffer[] = [];

  /** Leaves so much in front, for the head of a frame. */
  begin(headBytes: number): void {
    this.#start = 0;
    this.#end = headBytes;
    this.#parts = [];
  }

  /** The pieces, the head's bytes first in the first one. */
  parts(): Buffer[] {
    this.#cutPart();
    return this.#parts;
  }

  queue(queue: number, key: string, nextSeq: number): void {
    const name = Buffer.from(key);
    this.#room(16 + name.length);
    this.#byte(QUEUE);
    this.#word(queue);
    this.#double(nextSeq);
    this.#text(name);
  }

  put(queues: readonly number[], count: number, bytes: Buffer): void {
    this.#room(16 + queues.length * 4);
    this.#byte(PUT);
    this.#short(queues.length);
    for (const queue of queues) this.#word(queue);
    this.#word(count);
    this.#content(bytes);
  }

  done(queue: number, firstSeq: number, count: number): void {
    this.#room(20);
    this.#byte(DONE);
    this.#word(queue);
    this.#double(firstSeq);
    this.#word(count);
  }

  failed(queue: number, seq: number, failures: number): void {
    this.#room(20);
    this.#byte(FAILED);
    this.#word(queue);
    this.#double(seq);
    this.#word(failures);
  }

  drop(queue: number): void {
    this.#room(8);
    this.#byte(DROP);
    this.#word(queue);
  }

  carry(instance: string, isMore: boolean, bytes: Buffer): void {
    const name = Buffer.from(instance);
    this.#room(16 + name.length);
    this.#byte(CARRY);
    this.#byte(isMore ? 1 : 0);
    this.#text(name);
    this.#content(bytes);
  }

  landed(instance: string, chunk: number): void {
    const name = Buffer.from(instance);
    this.#room(16 + name.length);
    this.#byte(LANDED);
    this.#double(chunk);
    this.#text(name);
  }

  whole(): void {
    this.#room(1);
    this.#byte(WHOLE);
  }

  #content(bytes: Buffer): void {
    this.#word(bytes.length);
    if (bytes.length <= BIG_BYTES) {
      this.#room(bytes.length);
      this.#end += bytes.copy(this.#scratch, this.#end);
    } else {
      this.#cutPart();
      this.#parts.push(bytes);
    }
  }

  #cutPart(): void {
    if (this.#start < this.#end) this.#parts.push(this.#scratch.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }

  /** Parts that were cut stay in the block that they lie in. */
  #room(bytes: number): void {
    if (this.#end + bytes <= this.#scratch.length) return;
    const begun = this.#scratch.subarray(this.#start, this.#end);
    this.#scratch = Buffer.allocUnsafeSlow(Math.max(16 << 10, (begun.length + bytes) * 2));
    this.#end = begun.copy(this.#scratch);
    this.#start = 0;
  }

  #byte(value: number): void {
    this.#scratch[this.#end++] = value;
  }

  #short(value: number): void {
    this.#end = this.#scratch.writeUInt16LE(value, this.#end);
  }

  #word(value: number): void {
    this.#end = this.#scratch.writeUInt32LE(value, this.#end);
  }

  #double(value: number): void {
    this.#end = this.#scratch.writeDoubleLE(value, this.#end);
  }

  #text(text: Buffer): void {
    this.#short(text.length);
    this.#end += text.copy(this.#scratch, this.#end);
  }
}

/** Throws where a payload says something that no writer here says. */
export function readOperations(payload: Buffer, taker: OperationTaker): void {
  let at = 0;
  const byte = (): number => payload.readUInt8(at++);
  const short = (): number => payload.readUInt16LE((at += 2) - 2);
  const word = (): number => payload.readUInt32LE((at += 4) - 4);
  const double = (): number => payload.readDoubleLE((at += 8) - 8);
  const bytes = (length: number): Buffer => {
    if (payload.length < at + length) throw new RangeError("an operation ends beyond its frame");
    return payload.subarray(at, (at += length));
  };
  while (at < payload.length) {
    const operation = byte();
    if (operation === QUEUE) {
      const queue = word();
      const nextSeq = double();
      taker.queue(queue, bytes(short()).toString(), nextSeq);
    } else if (operation === PUT) {
      const queues = Array.from({ length: short() }, word);
      const count = word();
      taker.put(queues, count, bytes(word()));
    } else if (operation === DONE) taker.done(word(), double(), word());
    else if (operation === FAILED) taker.failed(word(), double(), word());
    else if (operation === DROP) taker.drop(word());
    else if (operation === CARRY) {
      const isMore = byte() === 1;
      const instance = bytes(short()).toString();
      taker.carry(instance, isMore, bytes(word()));
    } else if (operation === LANDED) {
      const chunk = double();
      taker.landed(bytes(short()).toString(), chunk);
    } else if (operation === WHOLE) taker.whole();
    else throw new RangeError(`no operation ${operation}`);
  }
}
