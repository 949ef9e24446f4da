// How full something is: a bar and its figure.
import { percent } from "./figures.ts";

export function Meter({ part, label }: { readonly part: number; readonly label: string }) {
  const width = Math.round(Math.max(0, Math.min(1, part)) * 40);
  const tone = part >= 0.9 ? "bad" : part >= 0.6 ? "warn" : "calm";
  return (
    <span class={`meter ${tone}`} title={label}>
      <svg width="42" height="8" viewBox="0 0 42 8" aria-hidden="true">
        <rect class="meter-frame" x=".5" y=".5" width="41" height="7" rx="2" />
        {width > 0 && <rect class="meter-fill" x="1" y="1" width={width} height="6" rx="1.5" />}
      </svg>
      {percent(part)}
    </span>
  );
}
