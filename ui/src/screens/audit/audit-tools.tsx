// What one does with the audit as a whole: verify its chain, take it along.
import { useState } from "preact/hooks";
import type { ResultOf } from "#edges/all-commands.ts";
import { call } from "../../agent/agent.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Icon } from "../../parts/icon.tsx";
import { time } from "../../parts/figures.ts";
import { saveFile } from "../../parts/list/export.ts";
import { tellDone, tellFailure } from "../../parts/notices.ts";
import { Popup } from "../../parts/popup.tsx";
import { WithCode } from "../../parts/with-code.tsx";
import { words } from "../../words/audit.ts";
import { say } from "../../words/say.ts";

type Verdict = ResultOf<"audit.verify">;

const kinds = { missing: words.missing, changed: words.changed, added: words.added, "cut off": words.cutOff } as const;

export function AuditVerify() {
  const [verdict, setVerdict] = useState<Verdict>();
  const [isBusy, setBusy] = useState(false);
  const verify = (): void => {
    if (isBusy) return;
    setBusy(true);
    call("audit.verify", {})
      .then(setVerdict, tellFailure)
      .finally(() => setBusy(false));
  };
  return (
    <>
      <button type="button" class="button" aria-disabled={isBusy} onClick={verify}>
        <Icon name="check" /> {say(isBusy ? words.verifying : words.verify)}
      </button>
      {verdict !== undefined && (
        <Dialog title={say(words.verify)} close={() => setVerdict(undefined)}>
          {verdict.chains.map(({ agent, rows, hash, cut, problem }) => (
            <div key={agent} class={problem === undefined ? "verdict good" : "verdict bad"}>
              {1 < verdict.chains.length && <h3>{agent}</h3>}
              <p>{problem === undefined ? say(words.whole, { count: rows }) : say(words.broken, { number: problem.number, kind: say(kinds[problem.kind]) })}</p>
              <code class="breakable">{hash}</code>
              {cut !== undefined && (
                <>
                  <p>
                    <WithCode text={say(words.cut, { number: cut.number, when: time(cut.atMs, { isWhole: true }) })} />
                  </p>
                  <code class="breakable">{cut.hash}</code>
                </>
              )}
            </div>
          ))}
        </Dialog>
      )}
    </>
  );
}

export function AuditExport() {
  return (
    <Popup label={say(words.export)} class="button" face={<span>{say(words.export)}</span>}>
      {(close) => (
        <div class="menu">
          <button type="button" class="menu-item" onClick={() => (close(), void exportAll("ndjson"))}>
            {say(words.exportNdjson)}
          </button>
          <button type="button" class="menu-item" onClick={() => (close(), void exportAll("csv"))}>
            {say(words.exportCsv)}
          </button>
        </div>
      )}
    </Popup>
  );
}

/** Page after page, the oldest first. */
async function exportAll(format: "ndjson" | "csv"): Promise<void> {
  try {
    const parts: string[] = [];
    let after = 0;
    let count = 0;
    for (;;) {
      const page = await call("audit.export", { format, after });
      parts.push(page.text);
      count += page.rows;
      if (page.last === undefined) {
        saveFile(page.fileName, parts.join(""), page.contentType);
        tellDone(say(words.exported, { count }));
        return;
      }
      after = page.last;
    }
  } catch (failure) {
    tellFailure(failure, () => void exportAll(format));
  }
}
