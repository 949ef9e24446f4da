// The bar above every screen: which agent this is, the search, what fails now, and how one likes to see it.
import { isHeld } from "../agent/agent.ts";
import { logout, session, user } from "../agent/session.ts";
import { Choice } from "../parts/choice.tsx";
import { Icon } from "../parts/icon.tsx";
import { Popup } from "../parts/popup.tsx";
import { TimeZoneChoice } from "../parts/time-zone-choice.tsx";
import { chooseLanguage, density, isHighContrast, theme } from "../settings.ts";
import { language, say } from "../words/say.ts";
import { words } from "../words/frame.ts";
import { Bell } from "./bell.tsx";
import { isPaletteOpen, isSheetOpen } from "./keys.ts";
import { isDrawerOpen } from "./rail.tsx";

export function TopBar() {
  return (
    <header class="top-bar">
      <button type="button" class="icon-button drawer-button" aria-label={say(words.openMenu)} aria-expanded={isDrawerOpen.value} aria-controls="rail" onClick={() => (isDrawerOpen.value = !isDrawerOpen.value)}>
        <Icon name="menu" size={18} />
      </button>
      <span class="host" title={session.value?.version}>
        {session.value?.host ?? location.host}
      </span>
      <button type="button" class="search-button" onClick={() => (isPaletteOpen.value = true)}>
        <Icon name="search" />
        <span class="search-word">{say(words.search)}</span>
        <kbd>Ctrl K</kbd>
      </button>
      <div class="top-actions">
        <button type="button" class={`icon-button hold ${isHeld.value ? "on" : ""}`} aria-pressed={isHeld.value} title={say(isHeld.value ? words.unhold : words.hold)} aria-label={say(words.hold)} onClick={() => (isHeld.value = !isHeld.value)}>
          <Icon name={isHeld.value ? "play" : "pause"} />
          {isHeld.value && <span>{say(words.held)}</span>}
        </button>
        <Bell />
        <LanguageSwitch />
        <Settings />
        <Account />
      </div>
    </header>
  );
}

/** To be found by those who do not read what stands around it: both languages stand on it by their own names. */
function LanguageSwitch() {
  const isKorean = language.value === "ko";
  const label = say(words.switchLanguage);
  return (
    <button type="button" class="icon-button language-switch" aria-label={label} title={label} onClick={() => chooseLanguage(isKorean ? "en" : "ko")}>
      <span class={isKorean ? "now" : ""}>한</span>/<span class={isKorean ? "" : "now"}>EN</span>
    </button>
  );
}

function Settings() {
  return (
    <Popup label={say(words.settings)} face={<Icon name="settings" size={18} />}>
      {() => (
        <div class="choices">
          <Choice
            label={say(words.language)}
            name="language"
            value={language.value}
            options={[
              ["ko", "한국어"],
              ["en", "English"],
            ]}
            choose={(chosen) => chooseLanguage(chosen)}
          />
          <Choice
            label={say(words.theme)}
            name="theme"
            value={theme.value}
            options={[
              ["auto", say(words.themeAuto)],
              ["light", say(words.themeLight)],
              ["dark", say(words.themeDark)],
            ]}
            choose={(chosen) => (theme.value = chosen)}
          />
          <TimeZoneChoice />
          <Choice
            label={say(words.density)}
            name="density"
            value={density.value}
            options={[
              ["compact", say(words.compact)],
              ["comfortable", say(words.comfortable)],
            ]}
            choose={(chosen) => (density.value = chosen)}
          />
          <label class="check">
            <input type="checkbox" checked={isHighContrast.value === "high"} onChange={(event) => (isHighContrast.value = event.currentTarget.checked ? "high" : "no")} />
            {say(words.contrast)}
          </label>
        </div>
      )}
    </Popup>
  );
}

function Account() {
  const mine = user.value;
  if (mine === undefined) return null;
  return (
    <Popup label={say(words.account, { name: mine.name })} face={<span class="avatar">{[...mine.name][0]?.toUpperCase()}</span>}>
      {(close) => (
        <div class="account">
          <p>
            <strong>{mine.name}</strong>
            <br />
            <span class="dim">
              {say(words.role)}: {say(words[mine.role])}
            </span>
          </p>
          <button type="button" class="menu-item" onClick={() => (close(), (isSheetOpen.value = true))}>
            {say(words.keys)} <kbd>?</kbd>
          </button>
          <button type="button" class="menu-item" onClick={() => void logout()}>
            {say(words.logout)}
          </button>
        </div>
      )}
    </Popup>
  );
}
