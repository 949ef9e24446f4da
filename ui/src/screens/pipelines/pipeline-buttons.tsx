// What can be done with the pipeline of a page: what will happen is said first.
import { useState } from "preact/hooks";
import { may } from "../../agent/session.ts";
import { Icon } from "../../parts/icon.tsx";
import { AskFirst } from "../../parts/list/row-actions.tsx";
import { pipelineActions } from "../../pipelines/actions.ts";
import type { PipelineAction } from "../../pipelines/actions.ts";
import type { PipelineStatus } from "../../pipelines/look.ts";
import { say } from "../../words/say.ts";
import { words as frameWords } from "../../words/frame.ts";

export function PipelineButtons({ status }: { readonly status: PipelineStatus }) {
  const [asked, setAsked] = useState<PipelineAction>();
  return (
    <div class="page-actions">
      {pipelineActions
        .filter((action) => action.fits(status))
        .map((action) => {
          const isAllowed = may(action.role);
          return (
            <button key={action.id} type="button" class="button" aria-disabled={!isAllowed} title={isAllowed ? undefined : say(frameWords.needsRole, { role: say(frameWords[action.role]) })} onClick={() => isAllowed && setAsked(action)}>
              <Icon name={action.icon} />
              {say(action.label)}
            </button>
          );
        })}
      {asked !== undefined && (
        <AskFirst
          asked={{ action: { id: asked.id, label: say(asked.label), role: asked.role, effect: () => `${status.name} — ${say(asked.effect)}`, run: (rows: readonly PipelineStatus[]) => asked.run(rows) }, rows: [status] }}
          close={() => setAsked(undefined)}
        />
      )}
    </div>
  );
}
