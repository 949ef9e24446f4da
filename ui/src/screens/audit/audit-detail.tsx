// One row of the audit in full: the facts, the parameters, and what it changed.
import { DifferenceTable, DifferenceView } from "../../difference/difference-view.tsx";
import { unifiedLines } from "../../difference/line-difference.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { time } from "../../parts/figures.ts";
import { Facts } from "../../parts/facts.tsx";
import { unturned } from "../../parts/unturned.ts";
import { words } from "../../words/audit.ts";
import { say } from "../../words/say.ts";
import { edgeText, linesOfValue, outcomeText, subjectOf } from "./audit-row.ts";
import type { AuditRow } from "./audit-row.ts";

export function AuditDetail({ row, close }: { readonly row: AuditRow; readonly close: () => void }) {
  const { params, before, after, message } = row;
  const diff = diffOf(after);
  const hasParams = typeof params === "object" && params !== null && 0 < Object.keys(params).length;
  return (
    <Dialog title={`${row.number} · ${row.command}`} close={close} class="wide">
      <Facts
        facts={[
          [say(words.time), time(row.atMs, { isWhole: true })],
          [say(words.who), row.who],
          [say(words.role), row.role],
          [say(words.edge), edgeText(row.edge)],
          [say(words.address), row.address],
          [say(words.subject), subjectOf(row)],
          [say(words.outcome), message === undefined ? outcomeText(row.outcome) : `${outcomeText(row.outcome)}: ${message}`],
          ...(row.times === undefined ? [] : [[say(words.times), `${row.times} (${time(row.firstMs ?? row.atMs, { isWhole: true })} – ${time(row.lastMs ?? row.atMs, { isWhole: true })})`] as const]),
          [say(words.hash), row.hash],
        ]}
      />
      {hasParams && (
        <>
          <h3>{say(words.parameters)}</h3>
          <pre class="value" tabIndex={0}>
            {unturned(linesOfValue(params))}
          </pre>
        </>
      )}
      {(before !== undefined || after !== undefined) && (
        <>
          <h3>{say(words.change)}</h3>
          {diff === undefined ? <DifferenceView before={linesOfValue(before)} after={linesOfValue(after)} label={say(words.change)} /> : <DifferenceTable lines={unifiedLines(diff)} label={say(words.change)} />}
        </>
      )}
    </Dialog>
  );
}

/** A changed config stands in the audit as the difference of its text. */
function diffOf(after: unknown): string | undefined {
  return typeof after === "object" && after !== null && "diff" in after && typeof after.diff === "string" ? after.diff : undefined;
}
