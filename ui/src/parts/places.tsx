// The parts of a screen, each with an address of its own: links, for each is a page.
import { say } from "../words/say.ts";
import type { Text } from "../words/say.ts";
import "./places.css";

export interface Place {
  readonly rest: string;
  readonly href: string;
  readonly label: Text;
}

export function Places({ label, places, at }: { readonly label: Text; readonly places: readonly Place[]; readonly at: Place | undefined }) {
  return (
    <nav class="places" aria-label={say(label)}>
      {places.map((place) => (
        <a key={place.rest} href={place.href} aria-current={place === at ? "page" : undefined}>
          {say(place.label)}
        </a>
      ))}
    </nav>
  );
}
