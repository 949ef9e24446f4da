// Marks that turn the direction of writing around: with them a line of a log, or a name in a record, could read as another one than it is. They
// are shown as what cannot be read, by the rule that the command line has for a terminal; what is copied or saved keeps them.

const TURNS = /[\u202a-\u202e\u2066-\u2069]/g;

/** As long as it was: places in it stay what they are. */
export function unturned(text: string): string {
  return text.replace(TURNS, "\ufffd");
}
