// Lines to a table of fields by a split program (layout.ts).
import type { Kernels } from "../kernels.ts";
import { CLASS, NO_TIME, ROW, rowWords, SPLIT, STATUS } from "../layout.ts";
import { isDigit } from "./numbers.ts";
import { eachLine, setWord, word } from "./space.ts";
import type { Space } from "./space.ts";

const STEP_BYTES = 16;

export function splitKernels(space: Space): Pick<Kernels, "splitFields"> {
  return {
    splitFields(pointer, length, program, columns, table) {
      let rows = 0;
      let odd = 0;
      eachLine(space, pointer, length, (start, end) => {
        const row = table + rows * rowWords(columns) * 4;
        rows += 1;
        const clear = (): void => {
          for (let index = ROW.columns; index < rowWords(columns); index += 1) setWord(space, row, index, 0);
        };
        clear();
        const isParsed = split(space, start, end, program, columns, row + ROW.columns * 4);
        if (!isParsed) {
          clear();
          odd += 1;
        }
        setWord(space, row, ROW.linePointer, start);
        setWord(space, row, ROW.lineLength, end - start);
        setWord(space, row, ROW.status, isParsed ? STATUS.parsed : STATUS.odd);
        setWord(space, row, ROW.seconds, 0);
        setWord(space, row, ROW.nanoseconds, NO_TIME);
      });
      return odd;
    },
  };
}

/** Whether the line fits; what stands between the last step and the line's end does not matter unless the program ends with `end`. */
function split(space: Space, start: number, end: number, program: number, columns: number, spans: number): boolean {
  const { bytes } = space;
  let at = start;
  for (let step = program; ; step += STEP_BYTES) {
    const operation = word(space, step, 0);
    const first = word(space, step, 1);
    const column = word(space, step, 2);
    const rule = word(space, step, 3);
    if (operation === SPLIT.stop) return true;
    if (operation === SPLIT.end) {
      if (at !== end) return false;
      continue;
    }
    if (operation === SPLIT.literal) {
      if (end < at + column) return false;
      for (let index = 0; index < column; index += 1) if (bytes[at + index] !== bytes[first + index]) return false;
      at += column;
      continue;
    }
    const kind = rule & 0xff;
    let to = end;
    if (operation === SPLIT.until) {
      to = bytes.indexOf(first & 0xff, at);
      if (to < 0 || end <= to) return false;
    }
    const run = runEnd(bytes, at, to, kind);
    if (run < 0) return false;
    if (operation === SPLIT.run) to = run;
    else if (run !== to) return false;
    if (to - at < rule >>> 8) return false;
    if (column < columns) {
      setWord(space, spans, column * 2, at);
      setWord(space, spans, column * 2 + 1, to - at);
    }
    at = to;
  }
}

/** Where the run of bytes of the class ends, or -1 when a byte on the way leaves it open. */
function runEnd(bytes: Uint8Array, start: number, end: number, kind: number): number {
  if (kind === CLASS.any) return end;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (kind === CLASS.nonSpace) {
      if ((9 <= byte && byte <= 13) || byte === 0x20) return at;
      if (byte === 0xc2 || byte === 0xe1 || byte === 0xe2 || byte === 0xe3 || byte === 0xef) return -1;
    } else if (!isDigit(byte) && (kind === CLASS.digit || !isLetter(byte))) return at;
  }
  return end;
}

/** Of \w, besides digits. */
function isLetter(byte: number): boolean {
  const letter = byte | 0x20;
  return (0x61 <= letter && letter <= 0x7a) || byte === 0x5f;
}
