// A role, each with what it may.
import { roles } from "../../agent/session.ts";
import type { Role } from "#kernel/access/caller.ts";
import { say } from "../../words/say.ts";
import { words } from "../../words/users.ts";

const texts = { viewer: words.viewerMay, operator: words.operatorMay, admin: words.adminMay } as const;

export function RoleChoice({ most }: { readonly most: Role }) {
  return (
    <fieldset class="choice roles">
      <legend>{say(words.role)}</legend>
      {roles.slice(0, roles.indexOf(most) + 1).map((role) => (
        <label key={role} class="check">
          <input type="radio" name="role" value={role} defaultChecked={role === "viewer"} />
          {say(texts[role])}
        </label>
      ))}
    </fieldset>
  );
}
