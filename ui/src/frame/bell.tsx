// What fails now, on every screen: pipelines that are down, outputs that take nothing, processes that end again and again.
import { Icon } from "../parts/icon.tsx";
import { Popup } from "../parts/popup.tsx";
import { StateMark } from "../parts/state-mark.tsx";
import { ago } from "../parts/figures.ts";
import { unturned } from "../parts/unturned.ts";
import { allTroubles } from "../nouns.ts";
import { say } from "../words/say.ts";
import { words } from "../words/frame.ts";

export function Bell() {
  const troubles = allTroubles();
  const count = troubles.length;
  const label = count === 0 ? say(words.bell) : say(words.bellCount, { count });
  return (
    <Popup
      label={label}
      class={`icon-button bell ${count === 0 ? "" : "ringing"}`}
      face={
        <>
          <Icon name="bell" size={18} />
          {count > 0 && <span class="badge">{count > 99 ? "99+" : count}</span>}
        </>
      }
    >
      {(close) => (
        <div class="bell-panel">
          <h2>{say(words.bell)}</h2>
          {count === 0 && <p class="dim">{say(words.bellNothing)}</p>}
          <ul>
            {troubles.slice(0, 30).map((trouble) => (
              <li key={trouble.id}>
                <a href={trouble.href} onClick={close}>
                  <StateMark mood={trouble.mood} /> <strong>{trouble.name}</strong> {trouble.part !== undefined && <code>{trouble.part}</code>}
                  <span class="bell-reason">{unturned(trouble.reason)}</span>
                  {trouble.sinceMs !== undefined && <span class="dim">{ago(trouble.sinceMs)}</span>}
                </a>
              </li>
            ))}
          </ul>
        </div>
      )}
    </Popup>
  );
}
