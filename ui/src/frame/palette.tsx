// Ctrl/⌘ K: goes to a screen, a pipeline or a process, does something with one, searches the logs. A form, so that Enter is the browser's: it
// comes once, also at the end of a Korean syllable.
import { useMemo, useState } from "preact/hooks";
import { may } from "../agent/session.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Icon } from "../parts/icon.tsx";
import type { IconName } from "../parts/icon.tsx";
import { nouns } from "../nouns.ts";
import type { Act } from "../nouns.ts";
import { AskFirst } from "../parts/list/row-actions.tsx";
import { go } from "../route.ts";
import { hrefOf, screens } from "../screens.ts";
import { say } from "../words/say.ts";
import { words } from "../words/frame.ts";
import { isPaletteOpen } from "./keys.ts";

interface Entry {
  readonly id: string;
  readonly icon: IconName;
  readonly text: string;
  readonly about?: string;
  run(): void;
}

const SHOWN_MAX = 12;

/** Something that is asked before it is done. */
interface Asked {
  readonly act: Act;
  readonly effect: string;
}

export function Palette() {
  const [asked, setAsked] = useState<Asked>();
  if (asked !== undefined) return <AskFirst asked={{ action: { id: asked.act.id, label: asked.act.label, role: asked.act.role, effect: () => asked.effect, run: () => asked.act.run() }, rows: [asked] }} close={() => setAsked(undefined)} />;
  return isPaletteOpen.value ? <Open ask={setAsked} /> : null;
}

function Open({ ask }: { readonly ask: (asked: Asked) => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const close = (): void => void (isPaletteOpen.value = false);
  const entries = useMemo(() => entriesFor(text, ask), [text]);
  const chosen = Math.min(at, entries.length - 1);
  const run = (entry: Entry | undefined): void => {
    if (entry === undefined) return;
    close();
    entry.run();
  };
  return (
    <Dialog title={say(words.search)} close={close} class="palette">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          run(entries[chosen]);
        }}
      >
        <input
          class="palette-field"
          type="text"
          autofocus
          autocomplete="off"
          spellcheck={false}
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={entries.length === 0 ? undefined : `palette-${chosen}`}
          aria-label={say(words.search)}
          placeholder={say(words.searchPlaceholder)}
          value={text}
          onInput={(event) => (setText(event.currentTarget.value), setAt(0))}
          onKeyDown={(event) => {
            if (event.isComposing || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
            event.preventDefault();
            const step = event.key === "ArrowDown" ? 1 : -1;
            setAt((chosen + step + entries.length) % Math.max(1, entries.length));
          }}
        />
      </form>
      <ul class="palette-list" id="palette-list" role="listbox" aria-label={say(words.search)}>
        {entries.map((entry, index) => (
          <li key={entry.id} id={`palette-${index}`} role="option" aria-selected={index === chosen} class="palette-entry" onPointerMove={() => setAt(index)} onClick={() => run(entry)}>
            <Icon name={entry.icon} />
            <span>{entry.text}</span>
            {entry.about !== undefined && <span class="dim">{entry.about}</span>}
          </li>
        ))}
      </ul>
      {entries.length === 0 && <p class="palette-nothing dim">{say(words.searchNothing, { text })}</p>}
    </Dialog>
  );
}

function entriesFor(text: string, ask: (asked: Asked) => void): Entry[] {
  const wanted = text.normalize("NFC").trim().toLowerCase();
  const things = nouns.flatMap((noun) => noun.things().map((thing) => ({ noun, thing })));
  const all: Entry[] = [
    ...screens.filter(({ role }) => may(role)).map((screen): Entry => ({ id: `screen ${screen.path}`, icon: screen.icon, text: say(screen.label), run: () => go(hrefOf(screen)) })),
    ...things.map(({ noun, thing: { name, about, href } }): Entry => ({ id: `${noun.id} ${name}`, icon: noun.icon, text: name, about, run: () => go(href) })),
    ...(wanted === "" ? [] : things.flatMap(({ noun, thing: { name, acts } }) => acts.filter(({ role }) => may(role)).map((act): Entry => ({ id: `${act.id} ${noun.id} ${name}`, icon: act.icon, text: `${act.label}: ${name}`, run: () => (act.effect === undefined ? void act.run() : ask({ act, effect: act.effect() })) })))),
  ];
  const found = all.map((entry, index) => ({ entry, index, score: scoreOf(`${entry.text}`.normalize("NFC").toLowerCase(), wanted) })).filter(({ score }) => score < Infinity);
  const best = found.sort((one, other) => one.score - other.score || one.index - other.index).map(({ entry }) => entry);
  const logs = screens.find(({ path }) => path === "logs");
  const search: Entry[] = wanted === "" || logs === undefined || !may(logs.role) ? [] : [{ id: "search logs", icon: "search", text: say(words.searchLogs, { text: text.trim() }), run: () => go(`/logs?q=${encodeURIComponent(text.trim())}`) }];
  return [...best.slice(0, SHOWN_MAX - search.length), ...search];
}

/** Lower fits better; Infinity: not at all. The letters have to be there in their order, those together first. */
function scoreOf(text: string, wanted: string): number {
  if (wanted === "") return 0;
  const at = text.indexOf(wanted);
  if (at >= 0) return at;
  let from = 0;
  for (const letter of wanted.replaceAll(/\s/g, "")) {
    from = text.indexOf(letter, from) + 1;
    if (from === 0) return Infinity;
  }
  return 1000 + from;
}
