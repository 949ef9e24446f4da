// What one sees before one is known: the mark, one question, and the language.
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { chooseLanguage } from "../../settings.ts";
import { session } from "../../agent/session.ts";
import { language, say } from "../../words/say.ts";
import { words } from "../../words/frame.ts";

export function Lobby({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  useEffect(() => void (document.title = `${title} · Dure`));
  const isKorean = language.value === "ko";
  return (
    <main class="lobby">
      <div class="lobby-card">
        <p class="lobby-brand">
          <img src="/mark.svg" width="40" height="40" alt="" />
          <span>{say(words.product)}</span>
          <span class="dim">{session.value?.host ?? location.host}</span>
        </p>
        <h1>{title}</h1>
        {children}
      </div>
      <button type="button" class="quiet-button" lang={isKorean ? "en" : "ko"} onClick={() => chooseLanguage(isKorean ? "en" : "ko")}>
        {isKorean ? "English" : "한국어"}
      </button>
    </main>
  );
}
