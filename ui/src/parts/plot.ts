// What a chart looks like in uPlot; loaded with the first chart.
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Series } from "./chart.tsx";
import { time } from "./figures.ts";

interface Look {
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  readonly height: number;
  readonly group: string;
  readonly unit: "count" | "bytes";
}

const BYTE_STEPS = Array.from({ length: 5 }, (_, power) => [1, 2, 4, 8, 16, 32, 64, 128, 256, 512].map((step) => step * 1024 ** power)).flat();

export function draw(element: HTMLElement, data: uPlot.AlignedData, { series, format, height, group, unit }: Look): uPlot {
  const style = getComputedStyle(document.documentElement);
  const color = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const font = `11px ${style.getPropertyValue("--font")}`;
  const axis: uPlot.Axis = { stroke: color("dim"), font, grid: { stroke: color("line"), width: 1 }, ticks: { show: false } };
  return new uPlot(
    {
      width: Math.max(120, element.clientWidth),
      height,
      padding: [8, 22, 0, 0],
      legend: { show: false },
      cursor: { sync: { key: group }, points: { size: 7 }, drag: { x: true, y: false } },
      scales: { y: { range: (_plot, _min, max) => [0, Math.max(1, (max ?? 0) * 1.1)] } },
      axes: [
        // Seconds only where minutes would say the same thing twice.
        { ...axis, space: 76, size: 26, values: (plot, splits) => splits.map((seconds) => (plot.data[0].length < 2 ? "" : time(seconds * 1000, { isWhole: true }).slice(-8, (splits[1] ?? 0) - (splits[0] ?? 0) < 60 ? undefined : -3))) },
        { ...axis, size: 58, values: (_plot, splits) => splits.map((value) => format(value)), ...(unit === "bytes" ? { incrs: BYTE_STEPS } : {}) },
      ],
      series: [
        {},
        ...series.map(({ label, color: number }, index): uPlot.Series => {
          const stroke = color(`series-${number}`);
          return { label, stroke, width: 1.75, points: { show: false }, ...(index === 0 ? { fill: `color-mix(in srgb, ${stroke} 14%, transparent)` } : {}) };
        }),
      ],
      hooks: { init: [(plot) => addReadout(plot, series, format)] },
    },
    data,
    element,
  );
}

/** The figures under the pointer. */
function addReadout(plot: uPlot, series: readonly Series[], format: (value: number) => string): void {
  const readout = document.createElement("div");
  readout.className = "chart-readout";
  readout.hidden = true;
  plot.over.append(readout);
  plot.hooks.setCursor = [
    ...(plot.hooks.setCursor ?? []),
    ({ cursor: { idx, left = -1 }, data }) => {
      const at = idx === null || idx === undefined ? undefined : data[0][idx];
      readout.hidden = left < 0 || at === undefined;
      if (at === undefined || idx === null || idx === undefined) return;
      const figures = series.map(({ label }, index) => {
        const value = data[index + 1]?.[idx];
        return `${label} ${value === null || value === undefined ? "–" : format(value)}`;
      });
      readout.textContent = [time(at * 1000), ...figures].join("  ·  ");
      readout.classList.toggle("right", left < plot.over.clientWidth / 2);
    },
  ];
}
