// A question to whoever sits at the terminal.
import { createInterface } from "node:readline/promises";

/** Whether somebody is there to be asked. */
export function isPersonThere(): boolean {
  return process.stdin.isTTY === true;
}

/** Anything but a yes is a no; so is the end of the input. */
export async function saysYes(question: string): Promise<boolean> {
  return (await choiceOf(question)) === "y";
}

/** The first letter of the answer, in lower case; `usual` is what an empty line means. The end of the input means nothing. */
export async function choiceOf(question: string, usual = ""): Promise<string> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const ended = new Promise<undefined>((resolve) => reader.once("close", () => resolve(undefined)));
    const answer = (await Promise.race([reader.question(question), ended]))?.trim().toLowerCase();
    if (answer === "") return usual;
    if (/^(y|yes|예|네|ㅇ)$/.test(answer ?? "")) return "y";
    const [letter = ""] = answer ?? "";
    return letter === "y" ? "" : letter; // `yellow` is no yes.
  } finally {
    reader.close();
  }
}
