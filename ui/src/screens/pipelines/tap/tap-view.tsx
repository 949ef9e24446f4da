// What passes a step, as it passes: each record before and after. Holding it moves nothing; a click on a value shows only records that have
// it; chosen records become a test.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { may } from "../../../agent/session.ts";
import { copyText } from "../../../parts/copy.ts";
import { FailureBox } from "../../../parts/failure-box.tsx";
import { Icon } from "../../../parts/icon.tsx";
import { useScreenKeys } from "../../../parts/screen-keys.ts";
import { useStream } from "../../../parts/use-call.ts";
import { timeZone } from "../../../parts/time-zone.ts";
import { VirtualList } from "../../../parts/virtual-list/virtual-list.tsx";
import { tappedAt } from "../../../pipelines/graph.ts";
import type { PipelineGraph } from "../../../pipelines/graph.ts";
import { query, setQuery } from "../../../route.ts";
import { say } from "../../../words/say.ts";
import { words as frameWords } from "../../../words/frame.ts";
import { words } from "../../../words/pipelines.ts";
import { withCondition } from "./field-differences.ts";
import { MakeTest } from "./make-test.tsx";
import { RecordDetail } from "./record-detail.tsx";
import { tapFace } from "./tap-face.ts";
import { TapRing } from "./tap-ring.ts";
import type { TapRecord } from "./tap-ring.ts";

const ROW_PIXELS = 26;
const PER_SECOND_MAX = 200;

interface TapViewProps {
  readonly name: string;
  readonly graph: PipelineGraph;
  readonly node: string;
}

export function TapView({ name, graph, node }: TapViewProps) {
  const ring = useMemo(() => new TapRing(), [name, node]);
  const [, setTurn] = useState(0);
  const redraw = (): void => setTurn((turn) => turn + 1);
  const [failure, setFailure] = useState<unknown>();
  const [chosen, setChosen] = useState<TapRecord>();
  const [current, setCurrent] = useState<number>();
  const [target, setTarget] = useState<{ readonly number: number; readonly times: number }>();
  const look = useMemo(() => ({ chosen: chosen?.number, current }), [chosen, current, timeZone.value]);
  const [isTesting, setTesting] = useState(false);
  const where = query.value.get("where") ?? "";
  const frame = useRef(0);
  const drawSoon = (): void => {
    if (frame.current === 0) frame.current = requestAnimationFrame(() => ((frame.current = 0), redraw()));
  };
  useEffect(() => () => cancelAnimationFrame(frame.current), []);
  useEffect(() => {
    setFailure(undefined);
    ring.clear();
    setChosen(undefined);
    setCurrent(undefined);
  }, [where, ring]);
  useStream("pipelines.tap", !may("operator") ? undefined : { pipeline: name, step: node, isDiff: true, perSecondMax: PER_SECOND_MAX, ...(where === "" ? {} : { where }) }, (sample) => (ring.add(sample), drawSoon()), { onFailure: setFailure, isHeldApart: true });
  const { shown, news, skipped, isHeld, seen } = ring;
  const hold = (isNow: boolean): void => {
    if (isNow) ring.hold();
    else {
      ring.goOn();
      setTarget((old) => ({ number: ring.shown.at(-1)?.number ?? 0, times: (old?.times ?? 0) + 1 }));
    }
    redraw();
  };
  // What one reads must not run away.
  const stand = (record: TapRecord): void => {
    if (!ring.isHeld) ring.hold();
    setCurrent(record.number);
    if (chosen !== undefined) setChosen(record);
  };
  const choose = (record: TapRecord | undefined): void => {
    if (record !== undefined) stand(record);
    setChosen(record);
  };
  useScreenKeys({
    Space: () => hold(!ring.isHeld),
    Escape: () => {
      if (chosen === undefined && current === undefined) return false;
      if (chosen === undefined) setCurrent(undefined);
      setChosen(undefined);
      return true;
    },
  });
  if (!may("operator")) return <p>{say(frameWords.needsRole, { role: say(frameWords.operator) })}</p>;
  const records = chosen === undefined ? shown : [chosen];
  return (
    <div class="tap">
      <div class="bar">
        <label class="bar-field">
          {say(words.step)}
          <select value={node} onChange={(event) => setQuery({ node: event.currentTarget.value, where: undefined })}>
            {graph.nodes.filter(({ id }) => tappedAt(graph, id) === id).map(({ id, plugin }) => (
              <option key={id} value={id}>
                {id} {plugin}
              </option>
            ))}
          </select>
        </label>
        <WhereField key={where} where={where} />
        <button type="button" class={`button ${isHeld ? "on" : ""}`} aria-pressed={isHeld} onClick={() => hold(!isHeld)}>
          <Icon name={isHeld ? "play" : "pause"} />
          {isHeld ? say(words.goOn) : say(words.holdTap)}
          {isHeld && news > 0 && <span class="badge calm">{say(words.news, { count: news })}</span>}
        </button>
        <button type="button" class="button" onClick={() => (ring.clear(), setChosen(undefined), setCurrent(undefined), redraw())}>
          <Icon name="trash" />
          {say(words.clear)}
        </button>
        <button type="button" class="button" aria-disabled={shown.length === 0} onClick={() => shown.length > 0 && void copyText(JSON.stringify(records.map(plain), null, 2))}>
          <Icon name="copy" />
          {say(chosen === undefined ? words.copyAll : words.copyOne)}
        </button>
        <button type="button" class="button" aria-disabled={shown.length === 0} onClick={() => shown.length > 0 && setTesting(true)}>
          <Icon name="check" />
          {say(words.makeTest)}
        </button>
      </div>
      <p class="dim tap-state" role="status">
        {isHeld ? say(words.heldAt, { count: shown.length }) : say(words.tapSeen, { count: seen })}
        {skipped > 0 && ` · ${say(words.tapSkipped, { count: skipped, most: PER_SECOND_MAX })}`} · {say(words.tapHidden)}
      </p>
      {failure !== undefined && <FailureBox failure={failure} />}
      <div class={`tap-body ${chosen === undefined ? "" : "with-detail"}`}>
        {shown.length === 0 ? (
          <div class="card empty tap-empty">
            <p class="dim">{say(failure === undefined ? words.tapWaiting : words.tapNone)}</p>
          </div>
        ) : (
          <VirtualList
            class="tap-list card"
            label={say(words.tapRecords)}
            rows={shown}
            numberOf={numberOfRecord}
            look={look}
            face={tapFace}
            rowPixels={ROW_PIXELS}
            measure={undefined}
            isFollowing={!isHeld}
            target={target}
            current={current}
            onCurrent={(record) => (stand(record), redraw())}
            onOpen={(record) => choose(record.number === chosen?.number ? undefined : record)}
            onPress={(record) => choose(record.number === chosen?.number ? undefined : record)}
            onEnd={(isAtEnd) => !isAtEnd && !ring.isHeld && hold(true)}
          />
        )}
        {chosen !== undefined && <RecordDetail record={chosen} close={() => choose(undefined)} filterBy={(path, value) => setQuery({ where: withCondition(where, path, value) })} />}
      </div>
      {isTesting && <MakeTest name={name} node={node} isInput={graph.nodes.find(({ id }) => id === node)?.kind === "in"} records={records} close={() => setTesting(false)} />}
    </div>
  );
}

/** The condition: sent with Enter or when the field is left, not at each letter, for half an expression is none. */
function WhereField({ where }: { readonly where: string }) {
  return (
    <form
      class="where-field"
      onSubmit={(event) => {
        event.preventDefault();
        setQuery({ where: String(new FormData(event.currentTarget).get("where")).trim() });
      }}
    >
      <label class="bar-field">
        {say(words.where)}
        <input type="search" name="where" data-filter defaultValue={where} placeholder="r.status >= 500" autocomplete="off" spellcheck={false} onBlur={(event) => setQuery({ where: event.currentTarget.value.trim() })} />
      </label>
    </form>
  );
}

function numberOfRecord({ number }: TapRecord): number {
  return number;
}

function plain({ timeMs, tag, before, after }: TapRecord): object {
  return { timeMs, tag, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
}
