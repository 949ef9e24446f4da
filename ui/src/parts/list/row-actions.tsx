// What can be done with a row, or with many at once: what it will do is said first, and somebody has to agree.
import { useState } from "preact/hooks";
import { may } from "../../agent/session.ts";
import type { Role } from "#kernel/access/caller.ts";
import { say } from "../../words/say.ts";
import { words as frameWords } from "../../words/frame.ts";
import { words } from "../../words/parts.ts";
import { Dialog } from "../dialog.tsx";
import { Icon } from "../icon.tsx";
import type { IconName } from "../icon.tsx";
import { tellFailure } from "../notices.ts";
import { Popup } from "../popup.tsx";

export interface RowAction<Row> {
  readonly id: string;
  readonly label: string;
  readonly icon?: IconName;
  /** What will happen: asked before it is done. Without it nothing is asked. */
  readonly effect?: (rows: readonly Row[]) => string;
  readonly role: Role;
  readonly isDanger?: boolean;
  readonly isBulk?: boolean;
  readonly fits?: (row: Row) => boolean;
  readonly run: (rows: readonly Row[]) => void | Promise<void>;
}

interface Asked<Row> {
  readonly action: RowAction<Row>;
  readonly rows: readonly Row[];
}

export function RowActions<Row>({ row, name, actions }: { readonly row: Row; readonly name: string; readonly actions: readonly RowAction<Row>[] }) {
  const [asked, setAsked] = useState<Asked<Row>>();
  const fitting = actions.filter(({ fits }) => fits?.(row) ?? true);
  if (fitting.length === 0) return null;
  return (
    <>
      <Popup label={say(words.actionsOf, { name })} face={<Icon name="more" />}>
        {(close) => (
          <div class="menu">
            {fitting.map((action) => (
              <ActionButton key={action.id} action={action} rows={[row]} ask={(next) => (close(), setAsked(next))} look={`menu-item ${action.isDanger === true ? "danger" : ""}`} />
            ))}
          </div>
        )}
      </Popup>
      {asked !== undefined && <AskFirst asked={asked} close={() => setAsked(undefined)} />}
    </>
  );
}

export function SelectionBar<Row>({ rows, actions, clear }: { readonly rows: readonly Row[]; readonly actions: readonly RowAction<Row>[]; readonly clear: () => void }) {
  const [asked, setAsked] = useState<Asked<Row>>();
  return (
    <div class="selection-bar" role="group" aria-label={say(words.actions)}>
      <span>{say(words.selected, { count: rows.length })}</span>
      {actions.map((action) => {
        const fitting = rows.filter((row) => action.fits?.(row) ?? true);
        return fitting.length === 0 ? null : <ActionButton key={action.id} action={action} rows={fitting} ask={setAsked} look={`button small ${action.isDanger === true ? "danger" : ""}`} />;
      })}
      <button type="button" class="button small" onClick={clear}>
        {say(words.unselect)}
      </button>
      {asked !== undefined && <AskFirst asked={asked} close={() => setAsked(undefined)} />}
    </div>
  );
}

interface ActionButtonProps<Row> {
  readonly action: RowAction<Row>;
  readonly rows: readonly Row[];
  readonly ask: (asked: Asked<Row>) => void;
  readonly look: string;
}

function ActionButton<Row>({ action, rows, ask, look }: ActionButtonProps<Row>) {
  const isAllowed = may(action.role);
  return (
    <button type="button" class={look} aria-disabled={!isAllowed} title={isAllowed ? undefined : say(frameWords.needsRole, { role: say(frameWords[action.role]) })} onClick={() => isAllowed && (action.effect === undefined ? run({ action, rows }) : ask({ action, rows }))}>
      {action.icon !== undefined && <Icon name={action.icon} />}
      {action.label}
    </button>
  );
}

export function AskFirst<Row>({ asked: { action, rows }, close }: { readonly asked: Asked<Row>; readonly close: () => void }) {
  return (
    <Dialog title={action.label} close={close}>
      <p>{action.effect?.(rows)}</p>
      <div class="dialog-actions">
        <button type="button" class="button" onClick={close}>
          {say(frameWords.cancel)}
        </button>
        <button type="button" class={`button main ${action.isDanger === true ? "danger" : ""}`} autofocus onClick={() => (close(), run({ action, rows }))}>
          {action.label}
        </button>
      </div>
    </Dialog>
  );
}

function run<Row>(asked: Asked<Row>): void {
  void Promise.resolve(asked.action.run(asked.rows)).catch((failure: unknown) => tellFailure(failure, () => run(asked)));
}
