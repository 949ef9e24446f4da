// Searches under a name of their own. They are kept in this browser, each user's apart: a view is a link, and one sends it to a colleague as such.
import { useState } from "preact/hooks";
import { user } from "../../agent/session.ts";
import { SEARCH_WORDS } from "../../jobs/job-query.ts";
import { Icon } from "../../parts/icon.tsx";
import { tellDone } from "../../parts/notices.ts";
import { Popup } from "../../parts/popup.tsx";
import { query } from "../../route.ts";
import { read, write } from "../../settings.ts";
import { words } from "../../words/jobs.ts";
import { say } from "../../words/say.ts";

interface View {
  readonly name: string;
  /** What stands behind the `?`. */
  readonly search: string;
}

const VIEWS_MAX = 50;

export function SavedViews() {
  const [views, setViews] = useState(readViews);
  const keep = (next: readonly View[]): void => {
    write(storageName(), JSON.stringify(next));
    setViews(next);
  };
  const given: readonly View[] = [
    { name: say(words.viewFailed), search: "state=failed&span=24h" },
    { name: say(words.viewRunning), search: "state=queued,delayed,sent,running" },
  ];
  return (
    <Popup label={say(words.views)} class="button" align="start" face={<>{say(words.views)} <Icon name="down" size={12} /></>}>
      {(close) => (
        <div class="menu saved-views">
          {given.map(({ name, search }) => (
            <a key={search} class="menu-item" href={`/jobs?${search}`} onClick={close}>
              {name}
            </a>
          ))}
          {views.map(({ name, search }) => (
            <span key={name} class="saved-view">
              <a class="menu-item" href={`/jobs?${search}`} onClick={close}>
                {name}
              </a>
              <button type="button" class="icon-button" aria-label={say(words.removeView, { name })} title={say(words.removeView, { name })} onClick={() => keep(views.filter((each) => each.name !== name))}>
                <Icon name="trash" />
              </button>
            </span>
          ))}
          {views.length === 0 && <p class="dim">{say(words.noViews)}</p>}
          <form
            class="save-view"
            onSubmit={(event) => {
              event.preventDefault();
              const name = String(new FormData(event.currentTarget).get("name")).trim();
              if (name === "") return;
              keep([...views.filter((each) => each.name !== name), { name, search: searchNow() }].slice(-VIEWS_MAX));
              tellDone(say(words.savedView, { name }));
              close();
            }}
          >
            <input name="name" required maxLength={60} autocomplete="off" aria-label={say(words.viewName)} placeholder={say(words.viewName)} />
            <button type="submit" class="button small">
              {say(words.saveView)}
            </button>
          </form>
        </div>
      )}
    </Popup>
  );
}

function searchNow(): string {
  const asked = query.peek();
  return new URLSearchParams(SEARCH_WORDS.flatMap((word) => (asked.get(word) === null ? [] : [[word, asked.get(word) ?? ""]]))).toString();
}

function storageName(): string {
  return `job-views.${user.peek()?.name ?? ""}`;
}

/** Whatever else stands there (another version, somebody's hand) is no view. */
function readViews(): readonly View[] {
  try {
    const kept: unknown = JSON.parse(read(storageName()) ?? "[]");
    return Array.isArray(kept) ? kept.filter((each: unknown): each is View => typeof each === "object" && each !== null && typeof (each as View).name === "string" && typeof (each as View).search === "string") : [];
  } catch {
    return [];
  }
}
