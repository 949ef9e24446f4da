// Records that passed become a case under `tests:` of the config: what came in and what came out today must come out tomorrow.
import { useMemo } from "preact/hooks";
import type { ParamsOf } from "#edges/all-commands.ts";
import { FailureBox } from "../../../parts/failure-box.tsx";
import { Dialog } from "../../../parts/dialog.tsx";
import { copyText } from "../../../parts/copy.ts";
import { Icon } from "../../../parts/icon.tsx";
import { Skeleton } from "../../../parts/skeleton.tsx";
import { useCall } from "../../../parts/use-call.ts";
import { say } from "../../../words/say.ts";
import { words as frameWords } from "../../../words/frame.ts";
import { words } from "../../../words/pipelines.ts";
import { WithCode } from "../../../parts/with-code.tsx";
import type { TapRecord } from "./tap-ring.ts";

interface MakeTestProps {
  readonly name: string;
  readonly node: string;
  /** The step is the input: its records are as they came from outside. */
  readonly isInput: boolean;
  readonly records: readonly TapRecord[];
  readonly close: () => void;
}

const RECORDS_MAX = 20;

export function MakeTest({ name, node, isInput, records, close }: MakeTestProps) {
  const wish = useMemo(() => wishOf(records, isInput ? undefined : node), []);
  const made = useCall("pipelines.make-test", wish === undefined ? undefined : { name, ...wish });
  const { yaml, arrived = 0, hidden = 0 } = made.answer ?? {};
  return (
    <Dialog title={say(words.makeTest)} close={close} class="wide">
      <p>
        <WithCode text={wish === undefined ? say(words.makeTestNone) : say(words.makeTestText, { count: wish.records.length })} /> {yaml !== undefined && say(words.makeTestArrive, { count: arrived })}
      </p>
      {hidden > 0 && <p class="trouble calm">{say(words.makeTestHidden, { count: hidden })}</p>}
      {wish === undefined ? null : yaml === undefined ? made.failure === undefined ? <Skeleton /> : <FailureBox failure={made.failure} retry={made.ask} /> : <pre class="command tall" tabIndex={0}>{yaml}</pre>}
      <div class="dialog-actions">
        <button type="button" class="button" onClick={close}>
          {say(frameWords.close)}
        </button>
        <button type="button" class="button main" aria-disabled={yaml === undefined} onClick={() => yaml !== undefined && void copyText(yaml)}>
          <Icon name="copy" /> {say(frameWords.copy)}
        </button>
      </div>
    </Dialog>
  );
}

type Wish = Omit<ParamsOf<"pipelines.make-test">, "name">;

/** What went into the step, of records of which it is known; of an input, what it gave. */
function wishOf(records: readonly TapRecord[], step: string | undefined): Wish | undefined {
  const known = records.slice(-RECORDS_MAX).flatMap((record) => {
    const given = step === undefined ? record.after : record.before;
    return typeof given === "object" && given !== null && !Array.isArray(given) ? [{ ...record, given: given as Wish["records"][number] }] : []; // TypeScript does not take arrays away that cannot be written to.
  });
  const first = known[0];
  if (first === undefined) return undefined;
  return { ...(step === undefined ? {} : { step }), ...(first.tag === "" ? {} : { tag: first.tag }), atMs: Math.max(0, Math.floor(first.timeMs)), records: known.map(({ given }) => given) };
}
