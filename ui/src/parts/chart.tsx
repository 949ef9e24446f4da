// A chart over time, drawn by uPlot, which is loaded with the first chart. Charts of one `group` show the same moment under the pointer. The
// newest figures also stand in a table for those who do not see it.
import { useEffect, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import { say } from "../words/say.ts";
import { words } from "../words/parts.ts";
import { time } from "./figures.ts";
import { timeZone } from "./time-zone.ts";

export interface Series {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** Of the palette's four. */
  readonly color: 1 | 2 | 3 | 4;
}
export interface ChartProps {
  readonly label: string;
  readonly atMs: readonly number[];
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  readonly height?: number;
  readonly group?: string;
  /** Bytes are marked at powers of two. */
  readonly unit?: "count" | "bytes";
}

export function Chart({ label, atMs, series, format, height = 180, group = "dure", unit = "count" }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const [theme, setTheme] = useState(themeName);
  const dataOf = (): uPlot.AlignedData => [atMs.map((at) => at / 1000), ...series.map(({ values }) => [...values])];
  const latest = useRef(dataOf);
  latest.current = dataOf; // Until uPlot is loaded, more may have come.
  const shape = JSON.stringify([theme, timeZone.value, height, group, series.map(({ label: name, color }) => [name, color])]);

  useEffect(() => {
    const observer = new MutationObserver(() => setTheme(themeName()));
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "data-contrast"] });
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    let isGone = false;
    let away = (): void => undefined;
    void import("./plot.ts").then(({ draw }) => {
      if (isGone) return;
      const drawn = draw(element, latest.current(), { series, format, height, group, unit });
      plot.current = drawn;
      const observer = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height }));
      observer.observe(element);
      away = () => {
        observer.disconnect();
        drawn.destroy();
        plot.current = undefined;
      };
    });
    return () => {
      isGone = true;
      away();
    };
  }, [shape]);

  const last = atMs.at(-1);
  useEffect(() => plot.current?.setData(dataOf()), [last, atMs.length]);
  const newest = atMs.length - 1;
  return (
    <figure class="chart">
      <figcaption class="chart-head">
        <span>{label}</span>
        <span class="chart-legend">
          {series.map(({ label: name, values, color }) => (
            <span key={name} class={`legend color-${color}`}>
              {name} <strong>{values[newest] === undefined || values[newest] === null ? "–" : format(values[newest])}</strong>
            </span>
          ))}
        </span>
      </figcaption>
      <div class="chart-canvas" ref={box} aria-hidden="true">
        {atMs.length < 2 && <p class="chart-none dim">{say(words.noFigures)}</p>}
      </div>
      <table class="unseen">
        <caption>{say(words.chartTable, { label })}</caption>
        <thead>
          <tr>
            <th>{say(words.time)}</th>
            {series.map(({ label: name }) => (
              <th key={name}>{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {atMs.slice(-5).map((at, index) => (
            <tr key={at}>
              <th scope="row">{time(at)}</th>
              {series.map(({ label: name, values }) => {
                const value = values.slice(-Math.min(5, atMs.length))[index];
                return <td key={name}>{value === undefined || value === null ? "–" : format(value)}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}

function themeName(): string {
  const { theme = "", contrast = "" } = document.documentElement.dataset;
  return `${theme} ${contrast}`;
}
