// The state of a process: mark and word, the badge of a crash loop, and why it waits.
import { unturned } from "../../parts/unturned.ts";
import { State } from "../../parts/state-mark.tsx";
import type { ProcessStatus } from "../../processes/look.ts";
import { processMood } from "../../processes/mood.ts";
import { words } from "../../words/processes.ts";
import { say } from "../../words/say.ts";

export function ProcessState({ process, why }: { readonly process: ProcessStatus; readonly why?: string | undefined }) {
  return (
    <div class="process-state">
      <span class="process-mood">
        <State mood={processMood(process)} />
        {process.isCrashLooping && (
          <span class="badge" title={say(words.crashLoopWhy)}>
            {say(words.crashLoop)}
          </span>
        )}
      </span>
      {why !== undefined && <span class="process-why dim">{unturned(why)}</span>}
    </div>
  );
}
