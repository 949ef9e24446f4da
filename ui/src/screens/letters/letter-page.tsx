// One dead letter: why it came, its records to be put right, and what can be done with it.
import { useEffect, useMemo, useState } from "preact/hooks";
import type { ResultOf } from "#edges/all-commands.ts";
import { call } from "../../agent/agent.ts";
import { CallFailure } from "../../agent/failure.ts";
import { may } from "../../agent/session.ts";
import { Facts } from "../../parts/facts.tsx";
import { FailureBox } from "../../parts/failure-box.tsx";
import { bytes, count, time } from "../../parts/figures.ts";
import { Icon } from "../../parts/icon.tsx";
import { AskFirst } from "../../parts/list/row-actions.tsx";
import type { RowAction } from "../../parts/list/row-actions.tsx";
import { tellDone, tellFailure } from "../../parts/notices.ts";
import { Skeleton } from "../../parts/skeleton.tsx";
import { WithCode } from "../../parts/with-code.tsx";
import { go } from "../../route.ts";
import { words } from "../../words/letters.ts";
import { language, say } from "../../words/say.ts";
import { letterActions } from "./letter.ts";
import type { Letter } from "./letter.ts";
import { RecordEditor } from "./record-editor.tsx";
import type { RecordChange } from "./record-editor.tsx";
import "./letters.css";

type Shown = ResultOf<"dead-letters.show">;

const PAGE_RECORDS = 100;

export function LetterPage({ id }: { readonly id: string }) {
  const isAllowed = may("operator");
  const [shown, setShown] = useState<Shown>();
  const [failure, setFailure] = useState<unknown>();
  const [changes, setChanges] = useState<ReadonlyMap<number, RecordChange>>(new Map());
  const [isBusy, setBusy] = useState(false);
  /** From its first record on, with nothing changed. */
  const load = async (): Promise<void> => {
    try {
      const answer = await call("dead-letters.show", { id, limit: PAGE_RECORDS });
      setFailure(undefined);
      setShown(answer);
      setChanges(new Map());
    } catch (thrown) {
      setFailure(thrown);
    }
  };
  const more = async ({ base, records: { length: first } }: Shown): Promise<void> => {
    try {
      const answer = await call("dead-letters.show", { id, first, limit: PAGE_RECORDS });
      // Records of another state of the letter stand at other places: beside what is shown they would be taken for others.
      if (answer.base !== base) throw new CallFailure({ code: "CONFLICT", message: words.changedMeanwhile.en, ko: { message: words.changedMeanwhile.ko } });
      setFailure(undefined);
      setShown((old) => (old?.records.length === first ? { ...answer, records: [...old.records, ...answer.records] } : old)); // Who presses twice gets them once.
    } catch (thrown) {
      setFailure(thrown);
    }
  };
  useEffect(() => {
    if (isAllowed) void load();
  }, [id, isAllowed]);

  const finished = [...changes].flatMap(([row, change]) => (change === "unfinished" ? [] : [change === "taken out" ? { row } : { row, record: change }]));
  const isUnfinished = finished.length < changes.size;
  const save = async (): Promise<void> => {
    if (isBusy || isUnfinished || shown === undefined) return;
    setBusy(true);
    try {
      const { records } = await call("dead-letters.edit", { id, base: shown.base, changes: finished });
      tellDone(say(words.saved, { count: records }));
      await load();
    } catch (thrown) {
      tellFailure(thrown);
    } finally {
      setBusy(false);
    }
  };
  const change = (row: number, next: RecordChange | undefined): void => {
    const changed = new Map(changes);
    if (next === undefined) changed.delete(row);
    else changed.set(row, next);
    setChanges(changed);
  };

  return (
    <>
      <p>
        <a href="/dead-letters">← {say(words.back)}</a>
      </p>
      <h1 class="breakable">{id}</h1>
      {!isAllowed && <p class="dim">{say(words.needsOperator)}</p>}
      {failure !== undefined && <FailureBox failure={failure} retry={() => void load()} />}
      {shown === undefined && isAllowed && failure === undefined && <Skeleton />}
      {shown !== undefined && (
        <>
          <LetterFacts letter={shown.letter} />
          <div class="bar letter-bar">
            {0 < finished.length && (
              <button type="button" class="button main" aria-disabled={isBusy || isUnfinished} onClick={() => void save()}>
                <Icon name="check" /> {isBusy ? say(words.saving) : say(words.save, { count: finished.length })}
              </button>
            )}
            {isUnfinished && 0 < finished.length && <span class="state warn">{say(words.unfinished)}</span>}
            <LetterButtons letter={shown.letter} hasChanges={0 < changes.size} />
          </div>
          {JSON.stringify(shown.records).includes("[hidden]") && (
            <p class="dim">
              <WithCode text={say(words.hidden)} />
            </p>
          )}
          <div class="records" inert={isBusy}>
            {shown.records.map((record) => (
              <RecordEditor key={`${shown.base} ${record.row}`} shown={record} change={changes.get(record.row)} onChange={change} />
            ))}
          </div>
          {shown.records.length < shown.letter.records && (
            <button type="button" class="button" onClick={() => void more(shown)}>
              {say(words.more)}
            </button>
          )}
        </>
      )}
    </>
  );
}

function LetterFacts({ letter }: { readonly letter: Letter }) {
  return (
    <div class="card">
      <Facts
        facts={[
          [say(words.reason), <WithCode text={letter.reason} />],
          [say(words.pipeline), <a href={`/pipelines/${encodeURIComponent(letter.pipeline)}`}>{letter.pipeline}</a>],
          [say(words.step), <code>{letter.step}</code>],
          [say(words.when), time(letter.atMs, { isWhole: true })],
          [say(words.records), count(letter.records)],
          [say(words.bytes), bytes(letter.bytes)],
          [say(words.tag), letter.tag],
          [say(words.state), letter.isDamaged ? say(words.damagedText) : undefined],
        ]}
      />
    </div>
  );
}

/** What is not saved yet would not be sent: first one saves. */
function LetterButtons({ letter, hasChanges }: { readonly letter: Letter; readonly hasChanges: boolean }) {
  const [asked, setAsked] = useState<RowAction<Letter>>();
  const lang = language.value;
  const actions = useMemo(() => letterActions(() => go("/dead-letters")), [lang]);
  return (
    <>
      {actions
        .filter(({ fits }) => fits?.(letter) ?? true)
        .map((action) => (
          <button key={action.id} type="button" class={`button ${action.isDanger === true ? "danger" : ""}`} aria-disabled={hasChanges} onClick={() => !hasChanges && setAsked(action)}>
            {action.icon !== undefined && <Icon name={action.icon} />} {action.label}
          </button>
        ))}
      {asked !== undefined && <AskFirst asked={{ action: asked, rows: [letter] }} close={() => setAsked(undefined)} />}
    </>
  );
}
