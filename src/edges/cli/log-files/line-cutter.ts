// Lines out of chunks of bytes, cut anywhere. Of a line that is longer than the bound only the beginning is kept.
const LINE_BYTES_MAX = 1 << 20;
const NEW_LINE = 0x0a;

export class LineCutter {
  #begun: Buffer[] = [];
  #bytes = 0;

  *take(chunk: Buffer): Generator<string> {
    let from = 0;
    for (let end = chunk.indexOf(NEW_LINE); end !== -1; end = chunk.indexOf(NEW_LINE, from)) {
      this.#keep(chunk.subarray(from, end));
      from = end + 1;
      yield this.rest() ?? "";
    }
    this.#keep(chunk.subarray(from));
  }

  /** What was begun and has no end yet. */
  rest(): string | undefined {
    if (this.#bytes === 0) return undefined;
    const line = Buffer.concat(this.#begun).toString("utf8");
    this.#begun = [];
    this.#bytes = 0;
    return line;
  }

  #keep(piece: Buffer): void {
    const kept = piece.subarray(0, LINE_BYTES_MAX - this.#bytes);
    if (kept.length === 0) return;
    this.#begun.push(Buffer.from(kept)); // The chunk is read into again.
    this.#bytes += kept.length;
  }
}
