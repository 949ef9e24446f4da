// The elements that rows are shown in: as many as are in sight, each taken again for another row once its own has left. Nothing is made and
// nothing thrown away while one scrolls; making each row anew took two thirds of a frame.

/** One element, filled with one row after the other. */
export interface RowFace<Row, Look> {
  /** Its children are the cells. */
  readonly element: HTMLElement;
  show(row: Row, look: Look): void;
}

interface Place<Row, Look> {
  readonly face: RowFace<Row, Look>;
  row: Row | undefined;
  /** Counted from the first row there ever was, so that a row keeps its place when others come before it. */
  number: number;
  top: number;
}

/** Scrolling has ended when nothing came for so long. */
const AT_REST_MS = 150;

export class RowPlaces<Row, Look> {
  readonly #sheet: HTMLElement;
  readonly #make: () => RowFace<Row, Look>;
  readonly #onLost: () => void;
  #places: Place<Row, Look>[] = [];
  readonly #byElement = new WeakMap<Element, Place<Row, Look>>();
  /** Taken again since the elements stood in the order of their rows. */
  readonly #astray = new Set<Place<Row, Look>>();
  #rest: ReturnType<typeof setTimeout> | undefined;

  /** `onLost`: the row that had the focus is no longer there. */
  constructor(sheet: HTMLElement, make: () => RowFace<Row, Look>, onLost: () => void) {
    this.#sheet = sheet;
    this.#make = make;
    this.#onLost = onLost;
  }

  /** Room for so many rows at once. */
  reserve(count: number): void {
    if (count <= this.#places.length) return;
    const more = Array.from({ length: Math.ceil(count * 1.25) - this.#places.length }, () => this.#placeOf());
    this.#places = [...this.#places, ...more];
    // Which place is a row's depends on how many there are: now each has another.
    for (const place of this.#places) place.number = NaN;
  }

  /** Whether the row was not shown before, or is shown otherwise now. */
  fill(number: number, row: Row, look: Look, isFresh: boolean): boolean {
    const place = this.#at(number);
    if (place.number === number && place.row === row && !isFresh) return false;
    if (place.row === undefined) this.#sheet.append(place.face.element);
    else if (place.number !== number) this.#leave(place);
    if (place.number !== number) this.#astray.add(place);
    place.number = number;
    place.row = row;
    place.face.show(row, look);
    return true;
  }

  /** Takes all but these rows off the page. */
  trim(first: number, last: number): void {
    for (const place of this.#places) if (place.row !== undefined && !(first <= place.number && place.number <= last)) this.#empty(place);
  }

  put(number: number, top: number): void {
    const place = this.#at(number);
    if (place.top === top) return;
    place.top = top;
    place.face.element.style.transform = `translateY(${top}px)`;
  }

  element(number: number): HTMLElement | undefined {
    const place = this.#at(number);
    return place?.number === number ? place.face.element : undefined;
  }

  /** The number of the row that stands in an element, or in what it is in. */
  numberAt(element: Element): number | undefined {
    for (let at: Element | null = element; at !== null && at !== this.#sheet; at = at.parentElement) {
      const place = this.#byElement.get(at);
      if (place !== undefined) return place.row === undefined ? undefined : place.number;
    }
    return undefined;
  }

  /**
   * Puts the elements into the order of their rows, in which they are read aloud, walked by Tab and chosen by the mouse. At once, or when
   * scrolling has ended: while it lasts it would be half the work of a frame, for nothing.
   */
  order(first: number, last: number, isAtOnce: boolean): void {
    clearTimeout(this.#rest);
    if (this.#astray.size === 0) return;
    if (!isAtOnce) {
      this.#rest = setTimeout(() => this.order(first, last, true), AT_REST_MS);
      return;
    }
    let behind: HTMLElement | null = null;
    for (let number = last; first <= number; number -= 1) {
      const place = this.#at(number);
      const { element } = place.face;
      if (this.#astray.has(place) && element.nextElementSibling !== behind) this.#sheet.insertBefore(element, behind);
      behind = element;
    }
    this.#astray.clear();
  }

  close(): void {
    clearTimeout(this.#rest);
  }

  #at(number: number): Place<Row, Look> {
    const count = this.#places.length;
    return this.#places[((number % count) + count) % count]!;
  }

  #placeOf(): Place<Row, Look> {
    const face = this.#make();
    const place: Place<Row, Look> = { face, row: undefined, number: NaN, top: NaN };
    this.#byElement.set(face.element, place);
    return place;
  }

  #empty(place: Place<Row, Look>): void {
    this.#leave(place);
    place.row = undefined;
    place.number = NaN;
    place.face.element.remove();
  }

  #leave({ face: { element } }: Place<Row, Look>): void {
    if (element.contains(document.activeElement)) this.#onLost();
  }
}
