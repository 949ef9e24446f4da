// A difference of two texts to read: lines out and in, marked by sign and colour, with those between folded away.
import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import { unturned } from "../parts/unturned.ts";
import { words } from "../words/difference.ts";
import { say } from "../words/say.ts";
import { lineDifference, linesOf, withContext } from "./line-difference.ts";
import type { ChangedLine } from "./line-difference.ts";
import "./difference.css";

const CONTEXT_LINES = 3;
const LINES_SHOWN_MAX = 2000;
const signs = { same: " ", out: "−", in: "+" } as const;

export function DifferenceView({ before, after, label }: { readonly before: string; readonly after: string; readonly label: string }) {
  const [isWhole, setWhole] = useState(false);
  const lines = useMemo(() => lineDifference(linesOf(before), linesOf(after)), [before, after]);
  return (
    <DifferenceTable lines={isWhole ? lines : withContext(lines, CONTEXT_LINES)} label={label}>
      <button type="button" class="button small" aria-pressed={isWhole} onClick={() => setWhole(!isWhole)}>
        {say(words.whole)}
      </button>
    </DifferenceTable>
  );
}

/** `undefined` stands where lines were left out. */
export function DifferenceTable({ lines, label, children }: { readonly lines: readonly (ChangedLine | undefined)[]; readonly label: string; readonly children?: ComponentChildren }) {
  const count = (change: ChangedLine["change"]): number => lines.filter((line) => line?.change === change).length;
  const out = count("out");
  const added = count("in");
  if (out + added === 0) return <p class="dim">{say(words.same)}</p>;
  return (
    <figure class="difference">
      <figcaption class="difference-head">
        <span>{label}</span>
        <span class="difference-in">+{added}</span>
        <span class="difference-out">−{out}</span>
        {children}
      </figcaption>
      <div class="difference-lines" tabIndex={0} role="region" aria-label={label}>
        <table class="difference-table">
          <tbody>{lines.slice(0, LINES_SHOWN_MAX).map((line, at) => (line === undefined ? <LeftOut key={at} /> : <Line key={at} {...line} />))}</tbody>
        </table>
        {LINES_SHOWN_MAX < lines.length && <p class="dim">{say(words.more, { count: lines.length - LINES_SHOWN_MAX })}</p>}
      </div>
    </figure>
  );
}

function Line({ change, text, before, after }: ChangedLine) {
  return (
    <tr class={`difference-${change}`}>
      <td class="difference-number">{before}</td>
      <td class="difference-number">{after}</td>
      <td class="difference-sign">
        {signs[change]}
        {change !== "same" && <span class="unseen">{say(words[change])}</span>}
      </td>
      <td class="difference-text">{unturned(text)}</td>
    </tr>
  );
}

function LeftOut() {
  return (
    <tr class="difference-gap">
      <td colSpan={4}>⋯</td>
    </tr>
  );
}
