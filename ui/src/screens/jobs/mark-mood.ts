// How a mark of a job is called and drawn; a mark of the rule's own is called as the rule calls it.
import type { Mood } from "../../jobs/mood.ts";
import { words } from "../../words/jobs.ts";

const moods: Readonly<Record<string, Mood>> = {
  queued: { label: words.markQueued, shape: "ring", tone: "calm" },
  sent: { label: words.markSent, shape: "ring", tone: "calm" },
  started: { label: words.markStarted, shape: "triangle", tone: "warn" },
  failed: { label: words.markFailed, shape: "cross", tone: "bad" },
  retry: { label: words.markRetry, shape: "diamond", tone: "calm" },
  lost: { label: words.markLost, shape: "cross", tone: "bad" },
  progress: { label: words.markProgress, shape: "diamond", tone: "good" },
  succeeded: { label: words.markSucceeded, shape: "disc", tone: "good" },
  cancel: { label: words.markCancel, shape: "diamond", tone: "warn" },
  cancelled: { label: words.markCancelled, shape: "square", tone: "calm" },
  replayed: { label: words.markReplayed, shape: "diamond", tone: "calm" },
  edited: { label: words.markEdited, shape: "diamond", tone: "calm" },
  replied: { label: words.markReplied, shape: "disc", tone: "good" },
};

export function markMood(kind: string): Mood {
  return Object.hasOwn(moods, kind) ? (moods[kind] ?? own(kind)) : own(kind);
}

function own(kind: string): Mood {
  return { label: { en: kind, ko: kind }, shape: "diamond", tone: "good" };
}
