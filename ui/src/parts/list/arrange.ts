// How a list is arranged: by what sorted, filtered by what, with which columns. The address says so; nothing else remembers it.
import { useMemo } from "preact/hooks";
import { query, setQuery } from "../../route.ts";
import type { Cell, Column, Filter } from "./list.tsx";

export interface Arrangement<Row> {
  readonly columns: readonly Column<Row>[];
  readonly shownColumns: readonly Column<Row>[];
  readonly sort: { readonly id: string; readonly isDown: boolean } | undefined;
  readonly text: string;
  /** The filters that are set, with their values. */
  readonly set: readonly { readonly filter: Filter<Row>; readonly values: readonly string[] }[];
  readonly isFiltered: boolean;
  nextSort(column: Column<Row>): string | undefined;
  setText(text: string): void;
  setFilter(id: string, values: readonly string[]): void;
  setColumns(ids: readonly string[]): void;
  clear(): void;
}

interface Given<Row> {
  readonly columns: readonly Column<Row>[];
  readonly filters: readonly Filter<Row>[];
  readonly prefix: string;
  readonly sortedBy?: string;
}

export function useArrangement<Row>({ columns, filters, prefix, sortedBy }: Given<Row>): Arrangement<Row> {
  const asked = query.value;
  const word = (name: string): string | undefined => asked.get(`${prefix}${name}`) ?? undefined;
  const state = JSON.stringify([word("q"), word("sort"), word("cols"), ...filters.map(({ id }) => word(id))]);
  return useMemo(() => {
    const text = word("q") ?? "";
    const chosen = word("cols")?.split(",");
    const shownColumns = chosen === undefined ? columns.filter(({ isExtra }) => isExtra !== true) : columns.filter(({ id }) => chosen.includes(id));
    const sorting = word("sort") ?? sortedBy;
    const sort = sorting === undefined ? undefined : { id: sorting.replace(/^-/, ""), isDown: sorting.startsWith("-") };
    const set = filters.flatMap((filter) => {
      const values = word(filter.id)?.split(",") ?? [];
      return values.length === 0 ? [] : [{ filter, values }];
    });
    const usual = columns.filter(({ isExtra }) => isExtra !== true).map(({ id }) => id);
    return {
      columns,
      shownColumns: shownColumns.length === 0 ? columns.slice(0, 1) : shownColumns,
      sort,
      text,
      set,
      isFiltered: text !== "" || set.length > 0,
      nextSort({ id, isNumber = false }) {
        const first = isNumber ? `-${id}` : id;
        const second = isNumber ? id : `-${id}`;
        const now = sort === undefined ? undefined : `${sort.isDown ? "-" : ""}${sort.id}`;
        return now === first ? second : first;
      },
      setText: (next) => setQuery({ [`${prefix}q`]: next }),
      setFilter: (id, values) => setQuery({ [`${prefix}${id}`]: values.join(",") }),
      setColumns: (ids) => setQuery({ [`${prefix}cols`]: ids.join(",") === usual.join(",") ? undefined : ids.join(",") }),
      clear: () => setQuery(Object.fromEntries(["q", ...filters.map(({ id }) => id)].map((name) => [`${prefix}${name}`, undefined]))),
    };
    // What stands in the address is in `state`.
  }, [state, columns, filters, prefix, sortedBy]);
}

const collator = new Intl.Collator(["ko", "en"], { numeric: true, sensitivity: "base" });

/** The rows that fit, in their order. */
export function arranged<Row>(rows: readonly Row[], { columns, sort, text, set }: Pick<Arrangement<Row>, "columns" | "sort" | "text" | "set">): Row[] {
  const wanted = folded(text).split(/\s+/).filter((part) => part !== "");
  const found = rows.filter((row) => set.every(({ filter, values }) => values.some((value) => filter.fits(row, value))) && (wanted.length === 0 || fits(row, columns, wanted)));
  const by = sort === undefined ? undefined : columns.find(({ id }) => id === sort.id);
  if (by === undefined || sort === undefined) return found;
  const sign = sort.isDown ? -1 : 1;
  return found
    .map((row) => ({ row, value: by.value(row) }))
    .sort((one, other) => compared(one.value, other.value, sign))
    .map(({ row }) => row);
}

function fits<Row>(row: Row, columns: readonly Column<Row>[], wanted: readonly string[]): boolean {
  const text = folded(columns.map(({ value }) => value(row) ?? "").join("\n"));
  return wanted.every((part) => text.includes(part));
}

/** What has no value comes last, whichever way it is sorted. */
function compared(one: Cell, other: Cell, sign: number): number {
  if (one === undefined || other === undefined) return Number(one === undefined) - Number(other === undefined);
  if (typeof one === "number" && typeof other === "number") return (one - other) * sign;
  return collator.compare(String(one), String(other)) * sign;
}

/** Names from macOS are decomposed: `한` may be three letters. */
function folded(text: string): string {
  return text.normalize("NFC").toLowerCase();
}
