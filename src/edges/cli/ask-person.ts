// A question to whoever sits at the terminal.
import { createInterface } from "node:readline/promises";

/** Whether somebody is there to be asked. */
export function isPersonThere(): boolean {
  return process.stdin.isTTY === true;
}

/** Anything but a yes is a no; so is the end of the input. */
export async function saysYes(question: string): Promise<boolean> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const ended = new Promise<string>((resolve) => reader.once("close", () => resolve("")));
    const answer = await Promise.race([reader.question(question), ended]);
    return /^(y|yes|예|네|ㅇ)$/i.test(answer.trim());
  } finally {
    reader.close();
  }
}
