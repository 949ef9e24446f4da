// Somebody else changed the file since this text was begun: what each changed, and both put together.
import { useMemo } from "preact/hooks";
import { DifferenceView } from "../../difference/difference-view.tsx";
import { mergedTexts } from "../../difference/three-way.ts";
import { words } from "../../words/config.ts";
import { say } from "../../words/say.ts";
import type { ChangedMeanwhile } from "./config-answers.ts";
import { goOnFrom } from "./draft.ts";

interface ConflictViewProps {
  readonly base: string;
  readonly mine: string;
  readonly theirs: Required<ChangedMeanwhile>;
  readonly close: () => void;
}

export function ConflictView({ base, mine, theirs, close }: ConflictViewProps) {
  const { text, clashes } = useMemo(() => mergedTexts(base, mine, theirs.text), [base, mine, theirs]);
  const take = (next: string): void => {
    goOnFrom({ text: theirs.text, hash: theirs.hash }, next);
    close();
  };
  return (
    <>
      <p>{clashes.length === 0 ? say(words.conflictClean) : say(words.conflictClash, { count: clashes.length })}</p>
      {clashes.map(({ line, mine: mineLines, theirs: theirLines }) => (
        <DifferenceView key={line} before={mineLines.join("\n")} after={theirLines.join("\n")} label={say(words.clash, { line })} />
      ))}
      <DifferenceView before={base} after={theirs.text} label={say(words.theirs)} />
      <DifferenceView before={base} after={mine} label={say(words.mine)} />
      <div class="dialog-actions">
        <button type="button" class="button danger" onClick={() => take(theirs.text)}>
          {say(words.takeTheirs)}
        </button>
        <button type="button" class="button main" autofocus onClick={() => take(text)}>
          {say(words.takeMerged)}
        </button>
      </div>
    </>
  );
}
