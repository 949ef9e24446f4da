// What a process prints and reads, as it does. Holding it moves nothing; what is searched for is marked, and walked with `n`.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { comebacks } from "../../../agent/agent.ts";
import { may } from "../../../agent/session.ts";
import { FailureBox } from "../../../parts/failure-box.tsx";
import { Icon } from "../../../parts/icon.tsx";
import { saveFile } from "../../../parts/list/export.ts";
import { useScreenKeys } from "../../../parts/screen-keys.ts";
import { withoutStyles } from "../../../parts/text/ansi.ts";
import { isFoundIn, wantedOf } from "../../../parts/text/found-in.ts";
import { timeZone } from "../../../parts/time-zone.ts";
import { useStream } from "../../../parts/use-call.ts";
import { VirtualList } from "../../../parts/virtual-list/virtual-list.tsx";
import type { ProcessStatus } from "../../../processes/look.ts";
import { query, setQuery } from "../../../route.ts";
import { density } from "../../../settings.ts";
import { words as frameWords } from "../../../words/frame.ts";
import { words as logWords } from "../../../words/logs.ts";
import { words } from "../../../words/processes.ts";
import { language, say } from "../../../words/say.ts";
import { lineFace } from "./line-face.ts";
import type { OutputLook } from "./line-face.ts";
import { LineRing } from "./line-ring.ts";
import type { OutputLine } from "./line-ring.ts";
import { SendLine } from "./send-line.tsx";
import "../../../parts/text/ansi.css";

const ROW_PIXELS = { compact: 22, comfortable: 26 } as const;
const FIRST_LINES = 1000;
const STREAMS = ["stdout", "stderr", "stdin"] as const;

export function OutputTab({ process }: { readonly process: ProcessStatus }) {
  const { name } = process;
  const ring = useMemo(() => new LineRing(), [name, comebacks.value]);
  const [, setTurn] = useState(0);
  const redraw = (): void => setTurn((turn) => turn + 1);
  const [failure, setFailure] = useState<unknown>();
  const [current, setCurrent] = useState<number>();
  const [target, setTarget] = useState<{ readonly number: number; readonly times: number }>();
  const [isAtEnd, setAtEnd] = useState(true);
  const arrived = useRef<OutputLine[]>([]);
  const frame = useRef(0);
  useEffect(() => () => cancelAnimationFrame(frame.current), []);
  // Many come at once: they are drawn once a frame.
  const take = (line: OutputLine): void => {
    arrived.current.push(line);
    if (frame.current !== 0) return;
    frame.current = requestAnimationFrame(() => {
      frame.current = 0;
      ring.add(arrived.current.splice(0));
      setFailure(undefined);
      redraw();
    });
  };
  useStream("processes.follow", may("operator") ? { name, last: FIRST_LINES } : undefined, take, { onFailure: setFailure, isHeldApart: true });

  const text = query.value.get("q") ?? "";
  const hidden = (query.value.get("without") ?? "").split(",");
  const isWrapped = query.value.get("wrap") === "yes";
  const { shown: all, news, isHeld } = ring;
  const rows = useMemo(() => (hidden[0] === "" ? all : all.filter(({ stream }) => !hidden.includes(stream))), [all, hidden.join(",")]);
  const wanted = useMemo(() => wantedOf(text, false), [text]);
  const matches = useMemo(() => (text === "" ? [] : rows.filter((line) => isFoundIn(withoutStyles(line.text), wanted)).map(({ id }) => id)), [rows, wanted]);
  const areInstancesShown = process.instancesWanted > 1;
  const look = useMemo((): OutputLook => ({ wanted, current, target: target?.number, areInstancesShown }), [wanted, current, target?.number, areInstancesShown, language.value, timeZone.value]);

  const hold = (isNow: boolean): void => {
    if (isNow) ring.isHeld = true;
    else {
      ring.goOn();
      const last = ring.shown.at(-1);
      if (last !== undefined) setTarget((old) => ({ number: last.id, times: (old?.times ?? 0) + 1 }));
    }
    redraw();
  };
  const step = (by: 1 | -1): void => {
    const from = target?.number ?? Infinity;
    const next = by === 1 ? (matches.find((id) => from < id) ?? matches[0]) : (matches.findLast((id) => id < from) ?? matches.at(-1));
    if (next === undefined) return;
    if (!ring.isHeld) ring.isHeld = true; // What one reads must not run away.
    setTarget((old) => ({ number: next, times: (old?.times ?? 0) + 1 }));
    redraw();
  };
  useScreenKeys({ Space: () => hold(!ring.isHeld), KeyN: () => step(1), "Shift+KeyN": () => step(-1) });

  if (!may("operator")) return <p>{say(words.outputFor)} {say(frameWords.needsRole, { role: say(frameWords.operator) })}</p>;
  return (
    <div class={`output ${isWrapped ? "wrapped" : ""}`}>
      <div class="bar">
        <label class="filter-field">
          <Icon name="search" />
          <span class="unseen">{say(words.search)}</span>
          <input type="search" data-filter placeholder={say(words.search)} value={text} onInput={({ currentTarget }) => setQuery({ q: currentTarget.value })} onKeyDown={(event) => event.key === "Enter" && !event.isComposing && step(event.shiftKey ? -1 : 1)} autocomplete="off" spellcheck={false} />
        </label>
        {matches.length > 0 && (
          <>
            <button type="button" class="icon-button" aria-label={say(logWords.previous)} title={say(logWords.previous)} onClick={() => step(-1)}>
              <Icon name="up" />
            </button>
            <button type="button" class="icon-button" aria-label={say(logWords.next)} title={say(logWords.next)} onClick={() => step(1)}>
              <Icon name="down" />
            </button>
          </>
        )}
        <div class="segments" role="group" aria-label={say(words.streams)}>
          {STREAMS.map((stream) => {
            const isShown = !hidden.includes(stream);
            return (
              <button key={stream} type="button" aria-pressed={isShown} onClick={() => setQuery({ without: STREAMS.filter((each) => (each === stream ? isShown : hidden.includes(each))).join(",") })}>
                {say(words[stream])}
              </button>
            );
          })}
        </div>
        <button type="button" class={`button ${isHeld ? "on" : ""}`} aria-pressed={isHeld} onClick={() => hold(!isHeld)}>
          <Icon name={isHeld ? "play" : "pause"} />
          {isHeld ? say(words.goOn) : say(words.hold)}
          {isHeld && news > 0 && <span class="badge calm">{say(words.news, { count: news })}</span>}
        </button>
        <button type="button" class={`icon-button ${isWrapped ? "on" : ""}`} aria-pressed={isWrapped} aria-label={say(words.wrap)} title={say(words.wrap)} onClick={() => setQuery({ wrap: isWrapped ? undefined : "yes" })}>
          <Icon name="wrap" />
        </button>
        <button type="button" class="icon-button" aria-label={say(words.download)} title={say(words.download)} aria-disabled={rows.length === 0} onClick={() => rows.length > 0 && save(name, rows)}>
          <Icon name="download" />
        </button>
        <span class="list-count dim" role="status">
          {text === "" ? say(words.shownLines, { count: rows.length }) : say(words.matches, { count: matches.length })}
        </span>
      </div>
      {failure !== undefined && <FailureBox failure={failure} />}
      {rows.length === 0 ? (
        <div class="card empty output-empty">
          <p class="dim">{say(words.outputEmpty)}</p>
        </div>
      ) : (
        <div class="output-view">
          <VirtualList
            class="output-list"
            label={say(words.lines, { name })}
            rows={rows}
            numberOf={numberOfLine}
            look={look}
            face={lineFace}
            rowPixels={ROW_PIXELS[density.value]}
            measure={isWrapped ? density.value : undefined}
            isFollowing={!isHeld}
            target={target}
            current={current}
            onCurrent={({ id }) => setCurrent(id)}
            onOpen={({ id }) => setCurrent(id)}
            onPress={({ id }) => setCurrent(id === current ? undefined : id)}
            onEnd={(isNow) => {
              setAtEnd(isNow);
              if (!isNow && !ring.isHeld) hold(true);
            }}
          />
          {(isHeld || !isAtEnd) && (
            <button type="button" class="button to-end" onClick={() => hold(false)}>
              <Icon name="down" /> {news > 0 ? say(words.news, { count: news }) : say(words.goOn)}
            </button>
          )}
        </div>
      )}
      <SendLine process={process} />
    </div>
  );
}

function numberOfLine({ id }: OutputLine): number {
  return id;
}

/** As text, without colours. */
function save(name: string, lines: readonly OutputLine[]): void {
  const text = lines.map(({ atMs, stream, text: line }) => `${new Date(atMs).toISOString()} ${stream.padEnd(6)} ${withoutStyles(line)}\n`);
  saveFile(`${name}.log`, text.join(""), "text/plain");
}
