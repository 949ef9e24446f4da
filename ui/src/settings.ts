// What this browser remembers of how its user likes the dashboard. Storage may be forbidden: then it is remembered until the tab closes.
import { effect, signal } from "@preact/signals";
import type { Signal } from "@preact/signals";
import { language, preferredLanguage } from "./words/say.ts";
import { timeZone } from "./parts/time-zone.ts";
import type { TimeZone } from "./parts/time-zone.ts";
import type { Language } from "./words/say.ts";

export type Theme = "auto" | "light" | "dark";

export const theme = remembered<Theme>("theme", "auto", ["auto", "light", "dark"]);
export const isHighContrast = remembered("contrast", "no", ["no", "high"]);
export const density = remembered<"compact" | "comfortable">("density", "compact", ["compact", "comfortable"]);
export const isRailNarrow = remembered("rail", "wide", ["wide", "narrow"]);

/** Whoever has just begun with this agent is shown where to look, until he has seen enough. */
export const firstLook = remembered("first-look", "no", ["no", "yes"]);

/** A signal whose value outlives the page. What is not one of `values` is forgotten. */
function remembered<T extends string>(name: string, initial: T, values: readonly T[]): Signal<T> {
  const kept = read(name);
  const value = signal<T>(values.find((each) => each === kept) ?? initial);
  effect(() => write(name, value.value));
  return value;
}

export function read(name: string): string | undefined {
  try {
    return localStorage.getItem(`dure.${name}`) ?? undefined;
  } catch {
    return undefined;
  }
}

export function write(name: string, value: string): void {
  try {
    localStorage.setItem(`dure.${name}`, value);
  } catch {
    // Nothing is lost but the memory of it.
  }
}

export function chooseLanguage(chosen: Language): void {
  language.value = chosen;
  write("language", chosen);
}

export function chooseTimeZone(chosen: TimeZone): void {
  timeZone.value = chosen;
  write("time-zone", chosen);
}

/** The language that the user is known to speak; what was chosen in this browser stands. */
export function suggestLanguage(known: Language): void {
  if (read("language") === undefined) language.value = known;
}

/** Puts the choices onto the page, now and whenever they change. */
export function applySettings(): void {
  const kept = read("language");
  language.value = kept === "ko" || kept === "en" ? kept : preferredLanguage();
  if (read("time-zone") === "utc") timeZone.value = "utc";
  const system = matchMedia("(prefers-color-scheme: dark)");
  const contrast = matchMedia("(prefers-contrast: more)");
  const isSystemDark = signal(system.matches);
  const isSystemContrast = signal(contrast.matches);
  system.addEventListener("change", () => (isSystemDark.value = system.matches));
  contrast.addEventListener("change", () => (isSystemContrast.value = contrast.matches));
  effect(() => {
    const page = document.documentElement;
    page.lang = language.value;
    page.dataset["theme"] = theme.value === "auto" ? (isSystemDark.value ? "dark" : "light") : theme.value;
    page.dataset["contrast"] = isHighContrast.value === "high" || isSystemContrast.value ? "high" : "normal";
    page.dataset["density"] = density.value;
  });
}
