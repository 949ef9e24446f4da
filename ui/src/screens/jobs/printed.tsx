// What a rule printed while it ran, in its colours; of which attempt, where there were several.
import type { JobMark } from "../../jobs/job.ts";
import { clock } from "../../parts/figures.ts";
import { styledTexts } from "../../parts/text/ansi.ts";
import { unturned } from "../../parts/unturned.ts";
import { words } from "../../words/jobs.ts";
import { say } from "../../words/say.ts";
import "../../parts/text/ansi.css";

export function Printed({ marks }: { readonly marks: readonly JobMark[] }) {
  const lines = marks.filter(({ kind }) => kind === "log");
  const areSeveral = new Set(lines.map(({ attempt }) => attempt)).size > 1;
  return (
    <section class="card">
      <h2>{say(words.printed)}</h2>
      {lines.length === 0 ? (
        <p class="dim">{say(words.nothingPrinted)}</p>
      ) : (
        <div class="printed" tabIndex={0} role="log" aria-live="off" aria-label={say(words.printed)}>
          {lines.map(({ atMs, attempt, text = "" }, index) => (
            <p key={index}>
              <span class="dim">
                {clock(atMs)}
                {areSeveral && ` #${attempt}`}
              </span>{" "}
              {styledTexts(text).map(({ text: piece, classes }, at) => (
                <span key={at} class={classes}>
                  {unturned(piece)}
                </span>
              ))}
            </p>
          ))}
        </div>
      )}
    </section>
  );
}
