// What is being written: it outlives a look at another screen, and the page asks before it is lost.
import { computed, effect, signal } from "@preact/signals";
import { call } from "../../agent/agent.ts";
import { session } from "../../agent/session.ts";
import type { ShownConfig } from "./config-answers.ts";

/** The file as it was when writing began; undefined until it was asked. */
export const shown = signal<ShownConfig | undefined>(undefined);
export const draft = signal("");
export const failure = signal<unknown>(undefined);
export const isChanged = computed(() => shown.value !== undefined && draft.value !== shown.value.text);

/** Asks for the file. What was written stays, unless it is to be dropped; so does what was written since `applied` went into the file. */
export async function openConfig({ isDropped = false, applied }: { readonly isDropped?: boolean; readonly applied?: string } = {}): Promise<void> {
  try {
    const config = await call("config.show", {});
    const isKept = !isDropped && (applied === undefined ? isChanged.peek() : draft.peek() !== applied);
    failure.value = undefined;
    // What was written goes on from the text that it was made of: another one in the file is a conflict to be shown when it is applied.
    if (isKept && applied === undefined) return;
    shown.value = config;
    if (!isKept) draft.value = config.text;
  } catch (thrown) {
    failure.value = thrown;
  }
}

/** Goes on from another text of the file. */
export function goOnFrom(config: Pick<ShownConfig, "text" | "hash">, text: string): void {
  const before = shown.peek();
  if (before === undefined) return;
  shown.value = { ...before, ...config };
  draft.value = text;
}

effect(() => {
  if (!isChanged.value) return;
  const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
  addEventListener("beforeunload", ask);
  return () => removeEventListener("beforeunload", ask);
});

const userName = computed(() => session.value?.user?.name);
/** Whoever logs in next at this browser finds nothing of it. */
effect(() => {
  if (userName.value !== undefined) return;
  shown.value = undefined;
  draft.value = "";
});
