// A state by shape, colour and, beside it, its word: nobody has to tell colours apart.
import { say } from "../words/say.ts";
import type { Text } from "../words/say.ts";

export type Shape = "disc" | "triangle" | "square" | "diamond" | "ring" | "cross";
export type Tone = "good" | "warn" | "bad" | "calm";
export interface Mark {
  readonly shape: Shape;
  readonly tone: Tone;
}

const outlines: Readonly<Record<Shape, string>> = {
  disc: "M6 1.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9z",
  triangle: "M6 1.2 11.2 10.5H.8z",
  square: "M2 2h3v8H2zM7 2h3v8H7z",
  diamond: "M6 .8 11.2 6 6 11.2.8 6z",
  ring: "M6 1.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zm0 2a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
  cross: "M2.6 1.2 6 4.6l3.4-3.4 1.4 1.4L7.4 6l3.4 3.4-1.4 1.4L6 7.4l-3.4 3.4-1.4-1.4L4.6 6 1.2 2.6z",
};

export function StateMark({ mood }: { readonly mood: Mark }) {
  return (
    <svg class={`state-mark ${mood.tone}`} viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      <path fill-rule="evenodd" d={outlines[mood.shape]} />
    </svg>
  );
}

export function State({ mood }: { readonly mood: Mark & { readonly label: Text } }) {
  return (
    <span class={`state ${mood.tone}`}>
      <StateMark mood={mood} />
      {say(mood.label)}
    </span>
  );
}
