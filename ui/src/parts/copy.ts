// Puts a text where the user can paste it. Over plain HTTP to another host browsers offer no clipboard: then it is said.
import { say } from "../words/say.ts";
import { words } from "../words/frame.ts";
import { notices, tellDone } from "./notices.ts";

export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    tellDone(say(words.copied));
  } catch {
    notices.value = [...notices.value, { id: -Date.now(), kind: "failed", text: say(words.copyRefused) }];
  }
}
