// Short notices of what was done or went wrong; `notices-area.tsx` shows them. Errors stay until they are dismissed.
import { signal } from "@preact/signals";
import { failureText } from "../agent/failure.ts";

export interface Notice {
  readonly id: number;
  readonly kind: "done" | "failed";
  readonly text: string;
  readonly hint?: string;
  readonly code?: string;
  readonly retry?: () => void;
}

const KEPT_MAX = 4;
const DONE_MS = 5000;
let lastId = 0;

export const notices = signal<readonly Notice[]>([]);

export function tellDone(text: string): void {
  const id = add({ kind: "done", text });
  setTimeout(() => dismiss(id), DONE_MS);
}

export function tellFailure(thrown: unknown, retry?: () => void): void {
  const { message, hint, code } = failureText(thrown);
  add({ kind: "failed", text: message, code, ...(hint === undefined ? {} : { hint }), ...(retry === undefined ? {} : { retry }) });
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

function add(notice: Omit<Notice, "id">): number {
  lastId += 1;
  notices.value = [...notices.value, { ...notice, id: lastId }].slice(-KEPT_MAX);
  return lastId;
}
