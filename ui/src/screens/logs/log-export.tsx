// The lines on the screen, as a file.
import { Icon } from "../../parts/icon.tsx";
import { saveFile } from "../../parts/list/export.ts";
import { tellDone } from "../../parts/notices.ts";
import { Popup } from "../../parts/popup.tsx";
import { words } from "../../words/logs.ts";
import { say } from "../../words/say.ts";
import { plainLine } from "./log-line.ts";
import type { LogRow } from "./log-window.ts";

export function LogExport({ rows }: { readonly rows: readonly LogRow[] }) {
  const save = (name: string, type: string, text: (row: LogRow) => string): void => {
    saveFile(name, `${rows.map(text).join("\n")}\n`, type);
    tellDone(say(words.exporting, { count: rows.length }));
  };
  return (
    <Popup label={say(words.exportLines)} face={<Icon name="download" />}>
      {(close) => (
        <>
          <button type="button" class="menu-item" onClick={() => (save("dure-logs.txt", "text/plain", ({ line }) => plainLine(line)), close())}>
            {say(words.asText)}
          </button>
          <button type="button" class="menu-item" onClick={() => (save("dure-logs.ndjson", "application/x-ndjson", ({ line }) => JSON.stringify(line)), close())}>
            {say(words.asJson)}
          </button>
        </>
      )}
    </Popup>
  );
}
