// Where the user is: the address is the state, so that what one sees can be sent to a colleague as a link.
import { computed, signal } from "@preact/signals";

const address = signal(new URL(location.href));

export const path = computed(() => decoded(address.value.pathname));
export const query = computed(() => address.value.searchParams);
/** Without the `#`. */
export const fragment = computed(() => address.value.hash.slice(1));

/** Goes to another place of the dashboard; with `isReplaced` the browser's Back does not return here. */
export function go(href: string, { isReplaced = false }: { readonly isReplaced?: boolean } = {}): void {
  const target = new URL(href, location.href);
  if (target.href === location.href) return;
  const isOtherScreen = target.pathname !== location.pathname;
  history[isReplaced ? "replaceState" : "pushState"](null, "", target);
  address.value = target;
  if (isOtherScreen) scrollTo(0, 0);
}

/** The address of this screen with other words in its query; undefined and "" take a word out. */
export function hrefWith(changes: Readonly<Record<string, string | undefined>>): string {
  const target = new URL(address.value);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === "") target.searchParams.delete(name);
    else target.searchParams.set(name, value);
  }
  return `${target.pathname}${target.search}`;
}

/** Changes the query of this screen. It does not fill the browser's history: each letter of a search would be a step back. */
export function setQuery(changes: Readonly<Record<string, string | undefined>>): void {
  go(hrefWith(changes), { isReplaced: true });
}

/** Links inside the dashboard change the screen without loading the page again. */
export function followLinks(): void {
  addEventListener("popstate", () => (address.value = new URL(location.href)));
  addEventListener("hashchange", () => (address.value = new URL(location.href)));
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const href = link?.getAttribute("href");
    if (link === null || href === null || href === undefined || link.target !== "" || link.hasAttribute("download")) return;
    const target = new URL(href, location.href);
    if (target.origin !== location.origin || /^\/(?:api|metrics|health|ready)(?:\/|$)/.test(target.pathname)) return;
    if (target.pathname === location.pathname && target.search === location.search && target.hash !== "") return; // A place on this page.
    event.preventDefault();
    go(target.href);
  });
}

function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}
