// The rail on the left: one link a screen. On a narrow page it is a drawer behind the menu button.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { may, user } from "../agent/session.ts";
import { Icon } from "../parts/icon.tsx";
import { path } from "../route.ts";
import { hrefOf, screens } from "../screens.ts";
import type { Screen } from "../screens.ts";
import { isRailNarrow } from "../settings.ts";
import { say } from "../words/say.ts";
import { words } from "../words/frame.ts";

export const isDrawerOpen = signal(false);

export function Rail({ current }: { readonly current: Screen | undefined }) {
  const at = path.value;
  useEffect(() => void (isDrawerOpen.value = false), [at]);
  const isNarrow = isRailNarrow.value === "narrow";
  return (
    <>
      <nav class={`rail ${isDrawerOpen.value ? "open" : ""}`} aria-label={say(words.screens)} id="rail" onKeyDown={(event) => event.key === "Escape" && (isDrawerOpen.value = false)}>
        <a class="brand" href="/">
          <img src="/mark.svg" width="24" height="24" alt="" />
          <span class="rail-word">{say(words.product)}</span>
        </a>
        <ul>
          {screens
            .filter(({ role }) => user.value === undefined || may(role))
            .map((screen) => (
              <li key={screen.path}>
                <a class="rail-link" href={hrefOf(screen)} aria-current={screen === current ? "page" : undefined} title={isNarrow ? say(screen.label) : undefined}>
                  <Icon name={screen.icon} size={18} />
                  <span class="rail-word">{say(screen.label)}</span>
                </a>
              </li>
            ))}
        </ul>
        <button type="button" class="rail-link rail-fold" onClick={() => (isRailNarrow.value = isNarrow ? "wide" : "narrow")}>
          <Icon name={isNarrow ? "widen" : "narrow"} size={18} />
          <span class="rail-word">{say(isNarrow ? words.widenRail : words.narrowRail)}</span>
        </button>
      </nav>
      {isDrawerOpen.value && <button type="button" class="drawer-shade" aria-label={say(words.close)} onClick={() => (isDrawerOpen.value = false)} />}
    </>
  );
}
