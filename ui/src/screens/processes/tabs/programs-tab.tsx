// The programs that were uploaded for a process: the next one is dropped here, an earlier one is a click away.
import { useMemo, useRef, useState } from "preact/hooks";
import { call } from "../../../agent/agent.ts";
import { may } from "../../../agent/session.ts";
import { bytes, percent, time } from "../../../parts/figures.ts";
import { Icon } from "../../../parts/icon.tsx";
import { List } from "../../../parts/list/list.tsx";
import type { Column } from "../../../parts/list/list.tsx";
import type { RowAction } from "../../../parts/list/row-actions.tsx";
import { tellDone, tellFailure } from "../../../parts/notices.ts";
import { words as frameWords } from "../../../words/frame.ts";
import { words } from "../../../words/processes.ts";
import { language, say } from "../../../words/say.ts";
import { uploadProgram } from "./upload.ts";
import type { Program } from "./upload.ts";

export function ProgramsTab({ name, programs, ask }: { readonly name: string; readonly programs: readonly Program[]; readonly ask: () => void }) {
  const lang = language.value;
  const columns = useMemo(columnsOf, [lang]);
  const actions = useMemo(() => [useVersion(name, ask)], [lang, name, ask]);
  return (
    <>
      <Drop name={name} ask={ask} />
      <List label={say(words.programs)} fileName={`${name}-programs`} rows={programs} keyOf={({ version }) => String(version)} nameOf={({ fileName, version }) => `${fileName} ${version}`} columns={columns} actions={actions} empty={{ title: say(words.noPrograms), example: `dure programs upload ${name} --file etl.py` }} />
    </>
  );
}

function columnsOf(): Column<Program>[] {
  return [
    {
      id: "version",
      label: say(words.version),
      value: ({ version }) => version,
      show: ({ version, isCurrent }) => (
        <>
          {version} {isCurrent && <span class="badge calm">{say(words.current)}</span>}
        </>
      ),
    },
    { id: "file", label: say(words.file), isWide: true, value: ({ fileName }) => fileName },
    { id: "size", label: say(words.size), isNumber: true, value: ({ bytes: size }) => size, show: ({ bytes: size }) => bytes(size) },
    { id: "at", label: say(words.at), value: ({ atMs }) => atMs, show: ({ atMs }) => <time>{time(atMs, { isWhole: true })}</time> },
    { id: "by", label: say(words.uploadedBy), isWideOnly: true, value: ({ by }) => by },
    { id: "sha256", label: "SHA-256", isWideOnly: true, value: ({ sha256 }) => sha256, show: ({ sha256 }) => <code title={sha256}>{sha256.slice(0, 12)}</code> },
  ];
}

function useVersion(name: string, ask: () => void): RowAction<Program> {
  return {
    id: "use",
    label: say(words.use),
    icon: "history",
    role: "admin",
    fits: ({ isCurrent }) => !isCurrent,
    effect: ([row]) => say(words.useEffect, { name, version: String(row?.version ?? "") }),
    async run([row]) {
      if (row === undefined) return;
      const { version } = await call("programs.use", { process: name, version: row.version });
      tellDone(say(words.used, { name, version: String(version) }));
      ask();
    },
  };
}

function Drop({ name, ask }: { readonly name: string; readonly ask: () => void }) {
  const [under, setUnder] = useState<{ readonly file: string; readonly part: number }>();
  const [isOver, setOver] = useState(false);
  const gone = useRef<AbortController>(undefined);
  const field = useRef<HTMLInputElement>(null);
  const isAllowed = may("admin");
  const send = async (files: readonly File[]): Promise<void> => {
    const [file] = files;
    if (file === undefined || !isAllowed || under !== undefined) return;
    if (files.length > 1) return tellFailure(new Error(say(words.oneFile)));
    gone.current = new AbortController();
    setUnder({ file: file.name, part: 0 });
    try {
      const made = await uploadProgram(name, file, (part) => setUnder({ file: file.name, part }), gone.current.signal);
      tellDone(say(words.uploaded, { name: made.fileName, version: String(made.version) }));
      ask();
    } catch (failure) {
      if (!gone.current.signal.aborted) tellFailure(failure, () => void send(files));
    } finally {
      setUnder(undefined);
      if (field.current !== null) field.current.value = "";
    }
  };
  return (
    <div
      class={`drop ${isOver ? "over" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(isAllowed);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        void send([...(event.dataTransfer?.files ?? [])]);
      }}
    >
      {under === undefined ? (
        <>
          <p>
            <Icon name="upload" /> {say(words.dropHere)}{" "}
            <button type="button" class="button" aria-disabled={!isAllowed} title={isAllowed ? undefined : say(frameWords.needsRole, { role: say(frameWords.admin) })} onClick={() => isAllowed && field.current?.click()}>
              {say(words.chooseFile)}
            </button>
          </p>
          <p class="dim">{say(words.uploadText)}</p>
          <input type="file" ref={field} hidden aria-label={say(words.upload)} onChange={({ currentTarget }) => void send([...(currentTarget.files ?? [])])} />
        </>
      ) : (
        <div class="drop-under">
          <p role="status">{say(words.uploading, { name: under.file, part: percent(under.part) })}</p>
          <progress value={under.part} max={1} aria-label={say(words.upload)} />
          <button type="button" class="button small" onClick={() => gone.current?.abort()}>
            {say(frameWords.cancel)}
          </button>
        </div>
      )}
    </div>
  );
}
