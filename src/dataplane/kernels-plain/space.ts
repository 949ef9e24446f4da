// The memory as the plain kernels see it.

export interface Space {
  /** A Buffer, for its `indexOf` is far faster than a Uint8Array's. */
  readonly bytes: Buffer;
  /** Words need not be aligned, as in WebAssembly; all are little-endian. */
  readonly view: DataView;
}

export function spaceOf(memory: WebAssembly.Memory): Space {
  return { bytes: Buffer.from(memory.buffer), view: new DataView(memory.buffer) };
}

export function word({ view }: Space, pointer: number, index: number): number {
  return view.getUint32(pointer + index * 4, true);
}

export function setWord({ view }: Space, pointer: number, index: number, value: number): void {
  view.setUint32(pointer + index * 4, value, true);
}

/** The text of a span; bytes that are not UTF-8 come out as U+FFFD. */
export function textOf({ bytes }: Space, pointer: number, length: number): string {
  return bytes.toString("utf8", pointer, pointer + length);
}

export const NEWLINE = 0x0a;
export const RETURN = 0x0d;

/** Calls `line` for each line; what stands after the last newline is no line. */
export function eachLine({ bytes }: Space, pointer: number, length: number, line: (start: number, end: number) => void): void {
  const end = pointer + length;
  let start = pointer;
  for (;;) {
    const newline = bytes.indexOf(NEWLINE, start);
    if (newline < 0 || end <= newline) return;
    line(start, start < newline && bytes[newline - 1] === RETURN ? newline - 1 : newline);
    start = newline + 1;
  }
}
