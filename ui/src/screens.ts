// The screens there are: the rail, the keys, the palette and the router are made from this table. A screen's code is loaded when somebody
// goes there.
import type { ComponentType } from "preact";
import type { Role } from "#kernel/access/caller.ts";
import type { IconName } from "./parts/icon.tsx";
import { words } from "./words/frame.ts";
import type { Text } from "./words/say.ts";

export interface ScreenProps {
  /** What follows the screen's own path: `/pipelines/orders` → `orders`. */
  readonly rest: string;
}

export interface Screen {
  /** First part of its path; "" is the overview. */
  readonly path: string;
  readonly label: Text;
  readonly icon: IconName;
  /** `event.code` of the letter after `g`, the same key whatever the keyboard writes. */
  readonly key: string;
  readonly role: Role;
  readonly load: () => Promise<ComponentType<ScreenProps>>;
}

export const screens: readonly Screen[] = [
  { path: "", label: words.overview, icon: "overview", key: "KeyO", role: "viewer", load: async () => (await import("./screens/overview/overview.tsx")).Overview },
  { path: "pipelines", label: words.pipelines, icon: "pipelines", key: "KeyP", role: "viewer", load: async () => (await import("./screens/pipelines/pipelines.tsx")).Pipelines },
  { path: "processes", label: words.processes, icon: "processes", key: "KeyT", role: "viewer", load: async () => (await import("./screens/processes/processes.tsx")).Processes },
  { path: "flows", label: words.flows, icon: "flows", key: "KeyF", role: "viewer", load: async () => (await import("./screens/flows/flows.tsx")).Flows },
  { path: "schedules", label: words.schedules, icon: "schedules", key: "KeyS", role: "viewer", load: async () => (await import("./screens/schedules/schedules.tsx")).Schedules },
  { path: "console", label: words.console, icon: "console", key: "KeyN", role: "operator", load: async () => (await import("./screens/console/console.tsx")).Console },
  { path: "jobs", label: words.jobs, icon: "jobs", key: "KeyJ", role: "viewer", load: async () => (await import("./screens/jobs/jobs.tsx")).Jobs },
  { path: "operator", label: words.operatorDesk, icon: "operator", key: "KeyM", role: "viewer", load: async () => (await import("./screens/operator/operator.tsx")).Operator },
  { path: "notifiers", label: words.notifiers, icon: "bell", key: "KeyI", role: "viewer", load: async () => (await import("./screens/notifiers/notifiers.tsx")).Notifiers },
  { path: "dead-letters", label: words.deadLetters, icon: "letters", key: "KeyR", role: "viewer", load: async () => (await import("./screens/letters/letters.tsx")).Letters },
  { path: "logs", label: words.logs, icon: "logs", key: "KeyL", role: "viewer", load: async () => (await import("./screens/logs/logs.tsx")).Logs },
  { path: "events", label: words.events, icon: "events", key: "KeyE", role: "viewer", load: async () => (await import("./screens/events/events.tsx")).Events },
  { path: "config", label: words.config, icon: "config", key: "KeyC", role: "admin", load: async () => (await import("./screens/config/config.tsx")).Config },
  { path: "audit", label: words.audit, icon: "audit", key: "KeyA", role: "admin", load: async () => (await import("./screens/audit/audit.tsx")).Audit },
  { path: "users", label: words.users, icon: "users", key: "KeyU", role: "viewer", load: async () => (await import("./screens/users/users.tsx")).Users },
  { path: "diagnostics", label: words.diagnostics, icon: "diagnostics", key: "KeyD", role: "viewer", load: async () => (await import("./screens/diagnostics/diagnostics.tsx")).Diagnostics },
  { path: "help", label: words.help, icon: "help", key: "KeyH", role: "viewer", load: async () => (await import("./screens/help/help.tsx")).Help },
];

/** The screen of an address, and what follows its path. */
export function screenAt(pathname: string): { readonly screen: Screen; readonly rest: string } | undefined {
  const [, first = "", ...others] = pathname.replace(/\/+$/, "").split("/");
  const screen = screens.find(({ path }) => path === first);
  return screen === undefined || (first === "" && others.length > 0) ? undefined : { screen, rest: others.join("/") };
}

export function hrefOf({ path }: Screen): string {
  return `/${path}`;
}
