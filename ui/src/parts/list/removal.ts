// Takes rows away, one or many: asked first, said for each that is gone, and the list is looked at anew even where one of them stays.
import { say } from "../../words/say.ts";
import type { Text } from "../../words/say.ts";
import { tellDone } from "../notices.ts";
import type { RowAction } from "./row-actions.tsx";

interface Removal<Row> {
  readonly label: Text;
  /** What will happen to these; `{names}` stands for them. */
  readonly effect: Text;
  /** `{name}` stands for the one that is gone. */
  readonly done: Text;
  readonly nameOf: (row: Row) => string;
  readonly remove: (row: Row) => Promise<unknown>;
  readonly ask: () => void;
}

export function removal<Row>({ label, effect, done, nameOf, remove, ask }: Removal<Row>): RowAction<Row> {
  return {
    id: "remove",
    label: say(label),
    icon: "trash",
    role: "admin",
    isDanger: true,
    isBulk: true,
    effect: (rows) => say(effect, { names: rows.map(nameOf).join(", ") }),
    async run(rows) {
      try {
        for (const row of rows) {
          await remove(row);
          tellDone(say(done, { name: nameOf(row) }));
        }
      } finally {
        ask();
      }
    },
  };
}
