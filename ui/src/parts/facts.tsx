// Names and values, one a line; what has no value is left out.
import type { ComponentChildren } from "preact";
import { unturned } from "./unturned.ts";
import "./facts.css";

export function Facts({ facts }: { readonly facts: readonly (readonly [name: string, value: ComponentChildren | undefined])[] }) {
  return (
    <dl class="facts">
      {facts
        .filter(([, value]) => value !== undefined && value !== "")
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{typeof value === "string" ? unturned(value) : value}</dd>
          </div>
        ))}
    </dl>
  );
}
