// Texts of different looks one after the other in an element, put there by changing those that were there before: what is alike is not touched.

export interface Piece {
  /** undefined: bare text. */
  readonly tag: "span" | "mark" | undefined;
  readonly look: string;
  readonly text: string;
}

export function fillPieces(element: HTMLElement, pieces: readonly Piece[]): void {
  let at = element.firstChild;
  for (const piece of pieces) {
    const next = at === null ? null : at.nextSibling;
    if (at === null) element.append(made(piece));
    else if (!isRefilled(at, piece)) element.replaceChild(made(piece), at);
    at = next;
  }
  while (at !== null) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function isRefilled(node: ChildNode, { tag, look, text }: Piece): boolean {
  if (tag === undefined) {
    if (!(node instanceof Text)) return false;
    if (node.data !== text) node.data = text;
    return true;
  }
  if (!(node instanceof HTMLElement) || node.localName !== tag) return false;
  if (node.className !== look) node.className = look;
  const { firstChild } = node;
  if (firstChild instanceof Text && firstChild === node.lastChild) {
    if (firstChild.data !== text) firstChild.data = text;
  } else node.textContent = text;
  return true;
}

function made({ tag, look, text }: Piece): Node {
  if (tag === undefined) return new Text(text);
  const element = document.createElement(tag);
  if (look !== "") element.className = look;
  element.textContent = text;
  return element;
}
