// The tag of a file's records: `*` in the option stands for the path with dots, without its root.
export function fileTag(tag: string, path: string): string {
  return tag.replaceAll("*", path.normalize("NFC").replace(/^([A-Za-z]:)?\/+/, "").replaceAll("/", "."));
}
