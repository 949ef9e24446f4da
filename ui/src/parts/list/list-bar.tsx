// What stands above a list: the filter, its chips, which columns, export.
import type { ComponentChildren } from "preact";
import { say } from "../../words/say.ts";
import { words } from "../../words/parts.ts";
import { copyText } from "../copy.ts";
import { Icon } from "../icon.tsx";
import { Popup } from "../popup.tsx";
import type { Arrangement } from "./arrange.ts";
import { exportRows } from "./export.ts";
import type { ListProps } from "./list.tsx";

interface ListBarProps<Row> extends Omit<ListProps<Row>, "children"> {
  readonly arrangement: Arrangement<Row>;
  readonly found: readonly Row[];
  readonly children?: ComponentChildren;
}

export function ListBar<Row>({ label, fileName, rows = [], filters = [], hasNoFilter = false, arrangement, found, children }: ListBarProps<Row>) {
  const { text, set, shownColumns, columns, setText, setFilter, setColumns } = arrangement;
  return (
    <div class="list-bar">
      {!hasNoFilter && (
        <label class="filter-field">
          <Icon name="search" />
          <span class="unseen">
            {label}: {say(words.filter)}
          </span>
          <input type="search" data-filter placeholder={say(words.filterPlaceholder)} value={text} onInput={(event) => setText(event.currentTarget.value)} autocomplete="off" spellcheck={false} />
        </label>
      )}
      {filters.map((filter) => {
        const values = set.find((each) => each.filter.id === filter.id)?.values ?? [];
        return (
          <Popup
            key={filter.id}
            label={filter.label}
            class={`button ${values.length > 0 ? "on" : ""}`}
            align="start"
            face={
              <>
                {filter.label}
                {values.length > 0 && <span class="badge calm">{values.length}</span>}
                <Icon name="down" size={12} />
              </>
            }
          >
            {() => (
              <div class="checks">
                {filter.options.map(({ value, label: word }) => (
                  <label key={value} class="check">
                    <input type="checkbox" checked={values.includes(value)} onChange={(event) => setFilter(filter.id, event.currentTarget.checked ? [...values, value] : values.filter((each) => each !== value))} />
                    {word}
                  </label>
                ))}
              </div>
            )}
          </Popup>
        );
      })}
      {set.flatMap(({ filter, values }) =>
        values.map((value) => {
          const word = filter.options.find((option) => option.value === value)?.label ?? value;
          return (
            <button key={`${filter.id} ${value}`} type="button" class="chip" aria-label={say(words.removeFilter, { name: word })} onClick={() => setFilter(filter.id, values.filter((each) => each !== value))}>
              {word} <Icon name="close" size={12} />
            </button>
          );
        }),
      )}
      {children}
      <span class="list-count dim" role="status">
        {found.length === rows.length ? say(words.rows, { count: rows.length }) : say(words.rowsOf, { shown: found.length, count: rows.length })}
      </span>
      <Popup label={say(words.columns)} face={<Icon name="columns" />}>
        {() => (
          <div class="checks">
            {columns.map(({ id, label: word }) => {
              const isShown = shownColumns.some((column) => column.id === id);
              const ids = columns.map((column) => column.id).filter((each) => (each === id ? !isShown : shownColumns.some((column) => column.id === each)));
              return (
                <label key={id} class="check">
                  <input type="checkbox" checked={isShown} onChange={() => setColumns(ids)} />
                  {word}
                </label>
              );
            })}
          </div>
        )}
      </Popup>
      <Popup label={say(words.exportRows)} face={<Icon name="download" />}>
        {(close) => (
          <div class="menu">
            <button type="button" class="menu-item" onClick={() => (exportRows("csv", fileName, found, columns), close())}>
              {say(words.asCsv)}
            </button>
            <button type="button" class="menu-item" onClick={() => (exportRows("json", fileName, found, columns), close())}>
              {say(words.asJson)}
            </button>
            <button type="button" class="menu-item" onClick={() => (void copyText(location.href), close())}>
              {say(words.copyLink)}
            </button>
          </div>
        )}
      </Popup>
    </div>
  );
}
