// Puts the paths of the input and the output file into a command.

const PLACEHOLDER = /(["']?)\{(input|output)\}\1/g;

export interface Paths {
  readonly input: string;
  readonly output: string;
}

/** A command without `{input}` and `{output}` gets both as two more arguments, in this order. */
export function withPaths(command: string | readonly string[], paths: Paths): string | string[] {
  if (typeof command === "string") {
    const filled = command.replace(PLACEHOLDER, (_whole, _quote, which: keyof Paths) => quoted(paths[which]));
    return filled === command ? `${command} ${quoted(paths.input)} ${quoted(paths.output)}` : filled;
  }
  const filled = command.map((word) => word.replaceAll(/\{(input|output)\}/g, (_whole, which: keyof Paths) => paths[which]));
  return filled.join("\0") === command.join("\0") ? [...command, paths.input, paths.output] : filled;
}

/** One word of the shell, whatever is in it. */
function quoted(path: string): string {
  return process.platform === "win32" ? `"${path}"` : `'${path.replaceAll("'", `'\\''`)}'`;
}
