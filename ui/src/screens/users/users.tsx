// Who may come in, and with what: users, tokens, sessions, and one's own password.
import { may } from "../../agent/session.ts";
import { Places } from "../../parts/places.tsx";
import type { ScreenProps } from "../../screens.ts";
import { words } from "../../words/users.ts";
import { say } from "../../words/say.ts";
import { OwnPassword } from "./password.tsx";
import { SessionList } from "./session-list.tsx";
import { TokenList } from "./token-list.tsx";
import { UserList } from "./user-list.tsx";

const places = [
  { rest: "", href: "/users", label: words.users },
  { rest: "tokens", href: "/users/tokens", label: words.tokens },
  { rest: "sessions", href: "/users/sessions", label: words.sessions },
  { rest: "password", href: "/users/password", label: words.myPassword },
] as const;

export function Users({ rest }: ScreenProps) {
  const at = places.find((place) => place.rest === rest) ?? places[0];
  return (
    <>
      <h1>{say(words.title)}</h1>
      <Places label={words.parts} places={places} at={at} />
      {at.rest === "tokens" ? <TokenList /> : at.rest === "sessions" ? <SessionList /> : at.rest === "password" ? <OwnPassword /> : may("admin") ? <UserList /> : <p class="dim">{say(words.usersAdminOnly)}</p>}
    </>
  );
}
