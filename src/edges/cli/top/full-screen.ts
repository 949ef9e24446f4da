// The whole terminal for a while: another screen, no cursor, keys as they are pressed. Whatever ends the process, it is given back.
import { writeSync } from "node:fs";
import { harmless } from "../terminal.ts";

const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";

export interface FullScreen {
  /** A screen that is still on its way over a slow line is not drawn over: the next one comes. */
  draw(lines: readonly string[]): void;
  size(): { readonly columns: number; readonly rows: number };
  [Symbol.dispose](): void;
}

export function openFullScreen({ onText, onResize, onEnd }: { onText: (text: string) => void; onResize: () => void; onEnd: () => void }): FullScreen {
  const { stdin, stdout } = process;
  let isOpen = true;
  /** What stands on the terminal: only lines that differ are written, so that nothing flickers. */
  let shown: readonly string[] = [];
  const onSize = (): void => {
    shown = [];
    if (isOpen) stdout.write("\x1b[2J");
    onResize();
  };
  const giveBack = (): void => {
    if (!isOpen) return;
    isOpen = false;
    try {
      stdin.setRawMode(false);
      writeSync(stdout.fd, LEAVE); // The process may be ending: nothing that takes its time would be written.
    } catch {
      // The terminal has gone, and there is nothing to give back.
    }
  };
  process.once("exit", giveBack).once("uncaughtExceptionMonitor", giveBack); // Before the error is printed, which would go with the screen.
  stdin.setEncoding("utf8").on("data", onText).on("end", onEnd).on("error", onEnd);
  stdout.on("resize", onSize);
  stdin.setRawMode(true);
  stdout.write(ENTER);
  return {
    draw(lines) {
      if (!isOpen || stdout.writableNeedDrain) return;
      const changed = lines.flatMap((line, index) => (line === shown[index] ? [] : `\x1b[${index + 1};1H${harmless(line)}\x1b[K`));
      const rest = lines.length < shown.length ? `\x1b[${lines.length + 1};1H\x1b[J` : "";
      if (0 < changed.length || rest !== "") stdout.write(changed.join("") + rest);
      shown = lines;
    },
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
    [Symbol.dispose]() {
      giveBack();
      process.off("exit", giveBack).off("uncaughtExceptionMonitor", giveBack);
      stdin.off("data", onText).off("end", onEnd).off("error", onEnd).pause();
      stdout.off("resize", onSize);
    },
  };
}
