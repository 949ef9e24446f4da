// Tokens for programs: one's own, for admins everybody's. A new one is shown once.
import { useMemo, useState } from "preact/hooks";
import type { ResultOf } from "#edges/all-commands.ts";
import { call } from "../../agent/agent.ts";
import { user } from "../../agent/session.ts";
import type { Role } from "#kernel/access/caller.ts";
import { copyText } from "../../parts/copy.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { ago, time } from "../../parts/figures.ts";
import { Field, Form } from "../../parts/form.tsx";
import { Icon } from "../../parts/icon.tsx";
import { List } from "../../parts/list/list.tsx";
import type { Column } from "../../parts/list/list.tsx";
import type { RowAction } from "../../parts/list/row-actions.tsx";
import { useCall } from "../../parts/use-call.ts";
import { WithCode } from "../../parts/with-code.tsx";
import { words as frameWords } from "../../words/frame.ts";
import { language, say } from "../../words/say.ts";
import { words } from "../../words/users.ts";
import { RoleChoice } from "./role-choice.tsx";

type Token = ResultOf<"tokens.list">["tokens"][number];

export function TokenList() {
  const { answer, failure, ask } = useCall("tokens.list", {});
  const [isAdding, setAdding] = useState(false);
  const [fresh, setFresh] = useState<string>();
  const lang = language.value;
  const columns = useMemo(columnsOf, [lang]);
  const actions = useMemo((): RowAction<Token>[] => [revoke(ask)], [lang, ask]);
  return (
    <>
      <List label={say(words.tokens)} fileName="tokens" rows={answer?.tokens} failure={failure} retry={ask} keyOf={({ name }) => name} columns={columns} actions={actions} sortedBy="name" empty={{ title: say(words.emptyTokens), text: say(words.emptyTokensText), example: "dure tokens create grafana --scope 'metrics.*' --days 365" }}>
        <button type="button" class="button main" onClick={() => setAdding(true)}>
          <Icon name="plus" /> {say(words.addToken)}
        </button>
      </List>
      {isAdding && <AddToken close={() => setAdding(false)} made={(token) => (setFresh(token), ask())} />}
      {fresh !== undefined && <FreshToken token={fresh} close={() => setFresh(undefined)} />}
    </>
  );
}

function columnsOf(): Column<Token>[] {
  return [
    { id: "name", label: say(words.name), value: ({ name }) => name },
    { id: "owner", label: say(words.owner), value: ({ owner }) => owner },
    { id: "role", label: say(words.role), value: ({ role }) => role, show: ({ role }) => say(frameWords[role]) },
    { id: "scope", label: say(words.scope), value: ({ scope }) => scope?.join(" ") ?? "", show: ({ scope }) => (scope === undefined ? <span class="dim">{say(words.scopeAll)}</span> : <code>{scope.join(" ")}</code>), isWide: true, isWideOnly: true },
    { id: "ends", label: say(words.ends), value: ({ endsMs }) => endsMs, show: ({ endsMs }) => <span title={time(endsMs, { isWhole: true })}>{ago(endsMs)}</span> },
    { id: "used", label: say(words.used), value: ({ usedMs }) => usedMs, show: ({ usedMs }) => (usedMs === undefined ? <span class="dim">{say(words.never)}</span> : ago(usedMs)), isWideOnly: true },
    { id: "created", label: say(words.created), value: ({ createdMs }) => createdMs, show: ({ createdMs }) => time(createdMs), isExtra: true },
  ];
}

function revoke(ask: () => void): RowAction<Token> {
  return {
    id: "revoke",
    label: say(words.revoke),
    icon: "trash",
    role: "viewer",
    isDanger: true,
    isBulk: true,
    effect: (rows) => say(words.revokeEffect, { names: rows.map(({ name }) => name).join(", ") }),
    async run(rows) {
      try {
        for (const { name } of rows) await call("tokens.remove", { name });
      } finally {
        ask();
      }
    },
  };
}

function AddToken({ close, made }: { readonly close: () => void; readonly made: (token: string) => void }) {
  const submit = async (values: FormData): Promise<void> => {
    const scope = String(values.get("scope")).split(/[\s,]+/).filter((part) => part !== "");
    const { token } = await call("tokens.create", { name: String(values.get("name")), role: values.get("role") as Role, days: Number(values.get("days")), ...(scope.length === 0 ? {} : { scope }) });
    close();
    made(token);
  };
  return (
    <Dialog title={say(words.addToken)} close={close}>
      <Form label={say(words.addToken)} submit={submit} button={say(words.addToken)} busyButton={say(words.saving)}>
        <Field label={say(words.name)} name="name" hint={say(words.nameHint)} isFirst />
        <RoleChoice most={user.value?.role ?? "viewer"} />
        <label class="field">
          {say(words.scope)}
          <input name="scope" autocomplete="off" spellcheck={false} aria-describedby="scope-hint" />
        </label>
        <p class="dim" id="scope-hint">
          <WithCode text={say(words.scopeHint)} />
        </p>
        <label class="field">
          {say(words.days)}
          <input name="days" type="number" min={1} max={3650} defaultValue="90" required />
        </label>
      </Form>
    </Dialog>
  );
}

function FreshToken({ token, close }: { readonly token: string; readonly close: () => void }) {
  const example = `curl -H "Authorization: Bearer ${token}" ${location.origin}/api/pipelines`;
  return (
    <Dialog title={say(words.addToken)} close={close}>
      <p>{say(words.tokenShown)}</p>
      <div class="example">
        <code class="breakable">{token}</code>
        <button type="button" class="button main" autofocus onClick={() => void copyText(token)}>
          <Icon name="copy" /> {say(frameWords.copy)}
        </button>
      </div>
      <p class="dim">{say(words.tokenUse)}</p>
      <pre class="command" tabIndex={0}>
        {example}
      </pre>
    </Dialog>
  );
}
