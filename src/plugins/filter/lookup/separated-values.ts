// CSV and TSV as RFC 4180 writes them: quoted values may hold separators, doubled quotes and line breaks.

/** Rows of values; empty lines are left out. Throws an Error that says at which line a quoted value has no end. */
export function readSeparated(text: string, separator: "," | "\t"): string[][] {
  const rows: string[][] = [];
  const plain = separator === "," ? /[^,\r\n]*/y : /[^\t\r\n]*/y;
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    let value: string;
    if (text[at] === '"') {
      const quoted = /"([^"]*(?:""[^"]*)*)"/y;
      quoted.lastIndex = at;
      const found = quoted.exec(text);
      if (found === null) throw new Error(`line ${text.slice(0, at).split("\n").length}: a quoted value has no end`);
      value = (found[1] ?? "").replaceAll('""', '"');
      at = quoted.lastIndex;
      if (at < text.length && text[at] !== separator && !/[\r\n]/.test(text[at] ?? "")) throw new Error(`line ${text.slice(0, at).split("\n").length}: something follows the end of a quoted value`);
    } else {
      plain.lastIndex = at;
      value = plain.exec(text)?.[0] ?? "";
      at = plain.lastIndex;
    }
    row.push(value);
    if (text[at] === separator) {
      at += 1;
      if (at < text.length) continue;
      row.push("");
    }
    if (text[at] === "\r") at += 1;
    if (text[at] === "\n") at += 1;
    if (1 < row.length || row[0] !== "") rows.push(row);
    row = [];
  }
  return rows;
}
