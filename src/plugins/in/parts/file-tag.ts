// The tag of a file's records: `*` in the option stands for the path with dots, without its root.
import { composed } from "#base/text.ts";

export function fileTag(tag: string, path: string): string {
  return tag.replaceAll("*", composed(path).replace(/^([A-Za-z]:)?\/+/, "").replaceAll("/", "."));
}
