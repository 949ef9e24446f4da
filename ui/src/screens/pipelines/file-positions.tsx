// How far an input has read the files it follows, and what is still to be read of each; asked again every few seconds while records come.
import { useEffect, useRef } from "preact/hooks";
import { ago, bytes } from "../../parts/figures.ts";
import { useCall } from "../../parts/use-call.ts";
import { say } from "../../words/say.ts";
import { words } from "../../words/pipelines.ts";

const AGAIN_MS = 3000;

export function FilePositions({ pipeline, recordsIn }: { readonly pipeline: string; readonly recordsIn: number | undefined }) {
  const { answer, ask } = useCall("pipelines.positions", { name: pipeline });
  const askedMs = useRef(Date.now());
  useEffect(() => {
    if (Date.now() - askedMs.current < AGAIN_MS) return;
    askedMs.current = Date.now();
    ask();
  }, [recordsIn]);
  if (answer === undefined || answer.positions.length === 0) return null;
  return (
    <>
      <h3>{say(words.positions)}</h3>
      <ul class="positions">
        {answer.positions.map(({ path, offset, atMs, bytes: size, lagBytes }) => (
          <li key={path}>
            <code>{path}</code>
            <span class="dim">
              {say(words.readTo, { offset: offset.toLocaleString("en") })} · {size === undefined ? say(words.fileGone) : lagBytes === undefined ? bytes(size) : say(words.lag, { size: bytes(lagBytes) })} · {ago(atMs)}
            </span>
          </li>
        ))}
        {answer.hasMore && <li class="dim">…</li>}
      </ul>
    </>
  );
}
