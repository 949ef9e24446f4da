// What of a notifier's target is secret: a receiver may send it back in what it says, and that is kept with the notice and shown.
import type { NotifierTarget } from "#sdk/notifier.ts";

const HIDDEN = "[hidden]";
/** Shorter ones are found in every other word. */
const CHARACTERS_MIN = 4;
/** `/api/hooks/…`: words of a path say nothing, and are too short for a key. */
const SEGMENT_CHARACTERS_MIN = 8;

/** The longest first: one may be a part of another. */
export function secretsOf(target: NotifierTarget): readonly string[] {
  const words = new Set<string>();
  const add = (text: string): void => {
    for (const word of [text, decoded(text)]) if (CHARACTERS_MIN <= word.length) words.add(word);
  };
  const addLogin = (url: URL): void => {
    add(url.username);
    add(url.password);
    // As mail servers and brokers hear them.
    for (const login of [decoded(url.password), `\0${decoded(url.username)}\0${decoded(url.password)}`, `${decoded(url.username)}:${decoded(url.password)}`]) if (url.password !== "") add(Buffer.from(login).toString("base64"));
  };
  if (target.type === "webhook") {
    const { pathname, search, searchParams } = new URL(target.url);
    add(`${pathname}${search}`);
    add(pathname);
    for (const segment of pathname.split("/")) if (SEGMENT_CHARACTERS_MIN <= segment.length) add(segment);
    for (const value of searchParams.values()) add(value);
    for (const value of Object.values(target.headers)) for (const word of [value, ...value.split(" ").slice(1)]) add(word);
    if (target.secret !== undefined) add(target.secret);
    if (target.proxy !== undefined) addLogin(new URL(target.proxy));
  } else addLogin(new URL(target.type === "mail" ? target.server : target.url));
  return [...words].toSorted((one, other) => other.length - one.length);
}

export function withoutThem(secrets: readonly string[], text: string): string {
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, HIDDEN), text);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
