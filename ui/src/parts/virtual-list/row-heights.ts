// Where each of a hundred thousand rows stands, though some are taller than others and no one has been measured before it was seen: sums kept in
// a binary indexed tree, so that a row's place, the row at a place, and a new height each take some twenty steps.

export class RowHeights {
  #heights: Float64Array;
  #sums: Float64Array;
  #count = 0;

  constructor(capacity = 1024) {
    this.#heights = new Float64Array(capacity);
    this.#sums = new Float64Array(capacity + 1);
  }

  get count(): number {
    return this.#count;
  }

  get total(): number {
    return this.offset(this.#count);
  }

  height(row: number): number {
    return this.#heights[row] ?? 0;
  }

  /** Where the row begins. */
  offset(row: number): number {
    let sum = 0;
    for (let at = Math.min(row, this.#count); 0 < at; at -= at & -at) sum += this.#sums[at] ?? 0;
    return sum;
  }

  /** The row that `place` lies in: the last one for what lies below all. */
  rowAt(place: number): number {
    let at = 0;
    let left = place;
    for (let step = 1 << Math.floor(Math.log2(Math.max(1, this.#heights.length))); 0 < step; step >>= 1) {
      const next = at + step;
      if (this.#count < next || left < (this.#sums[next] ?? 0)) continue;
      at = next;
      left -= this.#sums[next] ?? 0;
    }
    return Math.min(at, Math.max(0, this.#count - 1));
  }

  set(row: number, height: number): void {
    const more = height - this.height(row);
    if (more === 0 || this.#count <= row) return;
    this.#heights[row] = height;
    for (let at = row + 1; at < this.#sums.length; at += at & -at) this.#sums[at] = (this.#sums[at] ?? 0) + more;
  }

  append(heights: ArrayLike<number>): void {
    const count = this.#count + heights.length;
    if (this.#heights.length < count) {
      this.#rebuild([this.#heights.subarray(0, this.#count), heights], count);
      return;
    }
    for (let at = 0; at < heights.length; at += 1) {
      this.#count += 1;
      this.set(this.#count - 1, heights[at] ?? 0);
    }
  }

  /** Other rows before all, as when older ones were asked for. */
  prepend(heights: ArrayLike<number>): void {
    this.#rebuild([heights, this.#heights.subarray(0, this.#count)], this.#count + heights.length);
  }

  /** Keeps `count` rows from row `from` on. */
  keep(from: number, count: number): void {
    const kept = this.#heights.slice(from, Math.min(from + count, this.#count));
    this.#rebuild([kept], kept.length);
  }

  reset(heights: ArrayLike<number>): void {
    this.#rebuild([heights], heights.length);
  }

  #rebuild(parts: readonly ArrayLike<number>[], count: number): void {
    const heights = new Float64Array(Math.max(1024, 2 ** Math.ceil(Math.log2(count + 1))));
    let at = 0;
    for (const part of parts) {
      heights.set(part, at);
      at += part.length;
    }
    const sums = new Float64Array(heights.length + 1);
    for (let row = 1; row <= heights.length; row += 1) {
      sums[row] = (sums[row] ?? 0) + (heights[row - 1] ?? 0);
      const parent = row + (row & -row);
      if (parent <= heights.length) sums[parent] = (sums[parent] ?? 0) + (sums[row] ?? 0);
    }
    this.#heights = heights;
    this.#sums = sums;
    this.#count = count;
  }
}
