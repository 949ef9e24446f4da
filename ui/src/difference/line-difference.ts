// What differs between two texts, line by line: the shortest list of lines taken out and put in (Myers 1986). Texts that have almost nothing in
// common would take long, and nobody would read the result: those are shown as one text replaced by the other.

export type LineChange = "same" | "out" | "in";

export interface ChangedLine {
  readonly change: LineChange;
  readonly text: string;
  /** Counted from 1; absent where the line is not in that text. */
  readonly before?: number;
  readonly after?: number;
}

const EDITS_MAX = 2000;

export function linesOf(text: string): readonly string[] {
  return text === "" ? [] : text.replace(/\r?\n$/, "").split(/\r?\n/);
}

export function lineDifference(before: readonly string[], after: readonly string[]): readonly ChangedLine[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < before.length - head && tail < after.length - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  const changes: LineChange[] = [
    ...Array<LineChange>(head).fill("same"),
    ...middleChanges(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...Array<LineChange>(tail).fill("same"),
  ];
  const lines: ChangedLine[] = [];
  let inBefore = 0;
  let inAfter = 0;
  for (const change of changes) {
    if (change !== "in") inBefore += 1;
    if (change !== "out") inAfter += 1;
    const text = (change === "in" ? after[inAfter - 1] : before[inBefore - 1]) ?? "";
    lines.push({ change, text, ...(change === "in" ? {} : { before: inBefore }), ...(change === "out" ? {} : { after: inAfter }) });
  }
  return lines;
}

/** Only the changed lines, and `context` lines around each; `undefined` stands where lines were left out. */
export function withContext(lines: readonly ChangedLine[], context: number): readonly (ChangedLine | undefined)[] {
  const isShown = new Uint8Array(lines.length);
  lines.forEach(({ change }, at) => {
    if (change !== "same") isShown.fill(1, Math.max(0, at - context), at + context + 1);
  });
  const shown: (ChangedLine | undefined)[] = [];
  lines.forEach((line, at) => {
    if (isShown[at] === 1) shown.push(line);
    else if (at === 0 || isShown[at - 1] === 1) shown.push(undefined);
  });
  return shown;
}

/** What `diff -u` writes, for people to read: only its hunks. */
export function unifiedLines(text: string): readonly (ChangedLine | undefined)[] {
  const lines: (ChangedLine | undefined)[] = [];
  let before = 0;
  let after = 0;
  for (const line of text.split("\n")) {
    const head = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(line);
    if (head !== null) {
      before = Number(head[1]);
      after = Number(head[2]);
      if (0 < lines.length || 1 < before) lines.push(undefined);
    } else if (line.startsWith("-")) lines.push({ change: "out", text: line.slice(1), before: before++ });
    else if (line.startsWith("+")) lines.push({ change: "in", text: line.slice(1), after: after++ });
    else if (line.startsWith(" ")) lines.push({ change: "same", text: line.slice(1), before: before++, after: after++ });
    else lines.push(undefined); // Cut off: it was too long to be kept.
  }
  return lines;
}

function middleChanges(before: readonly string[], after: readonly string[]): LineChange[] {
  const replaced = (): LineChange[] => [...Array<LineChange>(before.length).fill("out"), ...Array<LineChange>(after.length).fill("in")];
  if (before.length === 0 || after.length === 0) return replaced();
  const most = Math.min(before.length + after.length, EDITS_MAX);
  // `reached[k]`: how far into `before` one comes on diagonal k with so many edits; a copy is kept of each round, to walk back.
  const reached = new Int32Array(2 * most + 2);
  const rounds: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits += 1) {
    rounds.push(reached.slice(most - edits, most + edits + 1));
    for (let k = -edits; k <= edits; k += 2) {
      const comesDown = k === -edits || (k !== edits && (reached[most + k - 1] ?? 0) < (reached[most + k + 1] ?? 0));
      let x = comesDown ? (reached[most + k + 1] ?? 0) : (reached[most + k - 1] ?? 0) + 1;
      while (x < before.length && x - k < after.length && before[x] === after[x - k]) x += 1;
      reached[most + k] = x;
      if (before.length <= x && after.length <= x - k) return walkedBack(before.length, after.length, rounds);
    }
  }
  return replaced();
}

function walkedBack(beforeLength: number, afterLength: number, rounds: readonly Int32Array[]): LineChange[] {
  const changes: LineChange[] = [];
  let x = beforeLength;
  let y = afterLength;
  for (let edits = rounds.length - 1; 0 < edits; edits -= 1) {
    const reached = rounds[edits] ?? new Int32Array();
    const at = (k: number): number => reached[edits + k] ?? 0; // What the round before had left.
    const k = x - y;
    const comesDown = k === -edits || (k !== edits && at(k - 1) < at(k + 1));
    const fromK = comesDown ? k + 1 : k - 1;
    const fromX = at(fromK);
    const fromY = fromX - fromK;
    while (fromX < x && fromY < y) {
      changes.push("same");
      x -= 1;
      y -= 1;
    }
    changes.push(comesDown ? "in" : "out");
    x = fromX;
    y = fromY;
  }
  while (0 < x) {
    changes.push("same");
    x -= 1;
  }
  return changes.reverse();
}
