// The list that all screens use: sorted, filtered and with chosen columns, all of which stand in the address so that a list can be sent as a
// link; exported as CSV or JSON; walked by keyboard; each action says what it will do before it is done.
import type { ComponentChildren } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { setQuery } from "../../route.ts";
import { say } from "../../words/say.ts";
import { words } from "../../words/parts.ts";
import { FailureBox } from "../failure-box.tsx";
import { unturned } from "../unturned.ts";
import { Icon } from "../icon.tsx";
import { Skeleton } from "../skeleton.tsx";
import { EmptyState } from "./empty-state.tsx";
import type { Empty } from "./empty-state.tsx";
import { ListBar } from "./list-bar.tsx";
import { RowActions, SelectionBar } from "./row-actions.tsx";
import type { RowAction } from "./row-actions.tsx";
import { arranged, useArrangement } from "./arrange.ts";

export type Cell = string | number | boolean | undefined;

export interface Column<Row> {
  /** Stands in the address and in exports. */
  readonly id: string;
  readonly label: string;
  /** What is sorted, searched and exported. */
  readonly value: (row: Row) => Cell;
  /** How it is shown; without it, the value itself. */
  readonly show?: (row: Row) => ComponentChildren;
  readonly isNumber?: boolean;
  /** Not shown until somebody chooses it. */
  readonly isExtra?: boolean;
  /** Left out where there is little room. */
  readonly isWideOnly?: boolean;
  /** Takes what room there is. */
  readonly isWide?: boolean;
  /** Unless it says false; at its first click text begins with A, figures with the most. */
  readonly isSortable?: boolean;
}

export interface Filter<Row> {
  readonly id: string;
  readonly label: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly fits: (row: Row, value: string) => boolean;
}

export interface ListProps<Row> {
  /** What the list is of: the name of its table for screen readers, and of exported files. */
  readonly label: string;
  readonly fileName: string;
  readonly rows: readonly Row[] | undefined;
  readonly keyOf: (row: Row) => string;
  /** How a row is called in what is read aloud; its key, if nothing else. */
  readonly nameOf?: (row: Row) => string;
  readonly columns: readonly Column<Row>[];
  readonly filters?: readonly Filter<Row>[];
  /** `-recordsIn`: by this column, the most first. */
  readonly sortedBy?: string;
  readonly actions?: readonly RowAction<Row>[];
  /** Where a row leads. */
  readonly hrefOf?: (row: Row) => string;
  readonly empty: Empty;
  readonly failure?: unknown;
  readonly retry?: () => void;
  /** Goes into the bar, before what the list brings itself. */
  readonly children?: ComponentChildren;
  /** Lists on one page tell their words in the address apart by it. */
  readonly prefix?: string;
  /** The rows are one page of many: who gives them filters and sorts them. */
  readonly isSearchedElsewhere?: boolean;
  /** Nor has it a field to filter by: that stands elsewhere on the screen. */
  readonly hasNoFilter?: boolean;
}

const SHOWN_FIRST = 200;

export function List<Row>(props: ListProps<Row>) {
  const { label, rows, keyOf, nameOf = keyOf, columns, filters = [], actions = [], hrefOf, empty, failure, retry, prefix = "" } = props;
  const arrangement = useArrangement({ columns, filters, prefix, ...(props.sortedBy === undefined ? {} : { sortedBy: props.sortedBy }) });
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [shownMost, setShownMost] = useState(SHOWN_FIRST);
  const body = useRef<HTMLTableSectionElement>(null);
  const found = useMemo(() => (rows === undefined ? [] : arranged(rows, arrangement)), [rows, arrangement]);
  if (rows === undefined) return failure === undefined ? <Skeleton /> : <FailureBox failure={failure} {...(retry === undefined ? {} : { retry })} />;
  const { shownColumns, sort, isFiltered } = arrangement;
  const bulk = actions.filter(({ isBulk }) => isBulk === true);
  const chosen = bulk.length === 0 ? [] : found.filter((row) => selected.has(keyOf(row)));
  const shown = found.slice(0, shownMost);
  const toggle = (key: string): void => setSelected((old) => (old.has(key) ? new Set([...old].filter((each) => each !== key)) : new Set([...old, key])));
  return (
    <div class="list">
      <ListBar {...{ ...props, arrangement, found }}>{props.children}</ListBar>
      {failure !== undefined && <FailureBox failure={failure} {...(retry === undefined ? {} : { retry })} />}
      {chosen.length > 0 && <SelectionBar rows={chosen} actions={bulk} clear={() => setSelected(new Set())} />}
      {rows.length === 0 && !(props.isSearchedElsewhere === true && isFiltered) ? (
        <EmptyState {...empty} />
      ) : found.length === 0 ? (
        <div class="empty small">
          <p>{say(words.nothingFits)}</p>
          <button type="button" class="button" onClick={arrangement.clear}>
            {say(words.clearFilters)}
          </button>
        </div>
      ) : (
        <div class="table-frame" tabIndex={0} role="region" aria-label={label}>
          <table class="table">
            <thead>
              <tr>
                {bulk.length > 0 && (
                  <th class="narrow">
                    <input type="checkbox" aria-label={say(words.selectAll)} checked={chosen.length === found.length} onChange={(event) => setSelected(event.currentTarget.checked ? new Set(found.map(keyOf)) : new Set())} />
                  </th>
                )}
                {shownColumns.map((column) => {
                  const isSorted = sort?.id === column.id;
                  return (
                    <th key={column.id} scope="col" class={cellClass(column)} aria-sort={isSorted ? (sort.isDown ? "descending" : "ascending") : undefined}>
                      {column.isSortable === false ? (
                        column.label
                      ) : (
                        <button type="button" class="sort-button" onClick={() => setQuery({ [`${prefix}sort`]: arrangement.nextSort(column) })}>
                          {column.label}
                          <span class={`sort-arrow ${isSorted ? "on" : ""}`}>
                            <Icon name={isSorted && !sort.isDown ? "up" : "down"} size={12} />
                          </span>
                        </button>
                      )}
                    </th>
                  );
                })}
                {actions.length > 0 && (
                  <th class="narrow">
                    <span class="unseen">{say(words.actions)}</span>
                  </th>
                )}
              </tr>
            </thead>
            <tbody ref={body} onKeyDown={(event) => walk(event, body.current)}>
              {shown.map((row, index) => {
                const key = keyOf(row);
                const href = hrefOf?.(row);
                return (
                  <tr key={key} class={selected.has(key) ? "chosen" : undefined} tabIndex={index === 0 ? 0 : -1} data-href={href}>
                    {bulk.length > 0 && (
                      <td class="narrow">
                        <input type="checkbox" aria-label={say(words.selectRow, { name: nameOf(row) })} checked={selected.has(key)} onChange={() => toggle(key)} />
                      </td>
                    )}
                    {shownColumns.map((column, place) => {
                      const face = column.show?.(row) ?? unturned(String(column.value(row) ?? ""));
                      return (
                        <td key={column.id} class={cellClass(column)}>
                          {place === 0 && href !== undefined ? (
                            <a class="row-link" href={href}>
                              {face}
                            </a>
                          ) : (
                            face
                          )}
                        </td>
                      );
                    })}
                    {actions.length > 0 && (
                      <td class="narrow">
                        <RowActions row={row} name={nameOf(row)} actions={actions} />
                      </td>
                    )}
                  </tr>
                );
              })}
            </tbody>
          </table>
          {shown.length < found.length && (
            <button type="button" class="button show-more" onClick={() => setShownMost(shownMost + SHOWN_FIRST)}>
              {say(words.showMore, { count: Math.min(SHOWN_FIRST, found.length - shown.length) })}
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function cellClass<Row>({ isNumber = false, isWideOnly = false, isWide = false }: Column<Row>): string | undefined {
  const classes = [isNumber ? "number" : "", isWideOnly ? "wide-only" : "", isWide ? "roomy" : ""].filter((each) => each !== "");
  return classes.length === 0 ? undefined : classes.join(" ");
}

/** Arrows go from row to row, Enter opens one, the space bar selects it. In what stands inside a row the keys are that thing's. */
function walk(event: KeyboardEvent, body: HTMLTableSectionElement | null): void {
  const row = event.target;
  if (event.isComposing || body === null || !(row instanceof HTMLTableRowElement)) return;
  const rows = [...body.rows];
  const at = rows.indexOf(row);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (next !== undefined) {
    event.preventDefault();
    rows[Math.max(0, Math.min(rows.length - 1, next))]?.focus();
  } else if (event.key === "Enter") {
    row.querySelector<HTMLElement>("a.row-link")?.click();
  } else if (event.key === " ") {
    event.preventDefault();
    row.querySelector<HTMLInputElement>("input[type=checkbox]")?.click();
  }
}
