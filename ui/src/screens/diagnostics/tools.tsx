// What an admin takes along: a report for a bug, a copy of the store.
import { useState } from "preact/hooks";
import { call } from "../../agent/agent.ts";
import { Icon } from "../../parts/icon.tsx";
import { saveFile } from "../../parts/list/export.ts";
import { tellDone, tellFailure } from "../../parts/notices.ts";
import { WithCode } from "../../parts/with-code.tsx";
import { words } from "../../words/diagnostics.ts";
import { say } from "../../words/say.ts";

export function Tools() {
  const [busy, setBusy] = useState<"bundle" | "backup">();
  const run = (what: "bundle" | "backup", work: () => Promise<string>): void => {
    if (busy !== undefined) return;
    setBusy(what);
    work()
      .then(tellDone, (failure: unknown) => tellFailure(failure))
      .finally(() => setBusy(undefined));
  };
  return (
    <section class="card">
      <h2>{say(words.tools)}</h2>
      <div class="tool">
        <button type="button" class="button" aria-disabled={busy !== undefined} onClick={() => run("bundle", saveBundle)}>
          <Icon name="download" /> {say(busy === "bundle" ? words.working : words.bundle)}
        </button>
        <p class="dim">{say(words.bundleText)}</p>
      </div>
      <div class="tool">
        <button type="button" class="button" aria-disabled={busy !== undefined} onClick={() => run("backup", backUp)}>
          <Icon name="history" /> {say(busy === "backup" ? words.working : words.backup)}
        </button>
        <p class="dim">
          <WithCode text={say(words.backupText)} />
        </p>
      </div>
    </section>
  );
}

async function saveBundle(): Promise<string> {
  const { name, base64 } = await call("agent.bundle", {});
  saveFile(name, Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)), "application/zip");
  return say(words.bundleSaved, { name });
}

async function backUp(): Promise<string> {
  const { file } = await call("agent.backup", {});
  return say(words.backupDone, { file });
}
