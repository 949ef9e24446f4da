// The last minutes of a figure as a small line; the figures themselves stand beside it.
interface SparklineProps {
  readonly values: readonly number[];
  readonly width?: number;
  readonly height?: number;
}

const POINTS_MAX = 60;

export function Sparkline({ values, width = 90, height = 20 }: SparklineProps) {
  const shown = thinned(values);
  const most = Math.max(1e-9, ...shown);
  const x = (index: number): number => (shown.length < 2 ? width : (index / (shown.length - 1)) * width);
  const y = (value: number): number => height - 1.5 - (value / most) * (height - 4);
  const line = shown.map((value, index) => `${index === 0 ? "M" : "L"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`).join("");
  return (
    <svg class="sparkline" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
      {shown.length > 1 && (
        <>
          <path class="sparkline-area" d={`${line}L${width} ${height}L0 ${height}Z`} />
          <path class="sparkline-line" d={line} />
        </>
      )}
    </svg>
  );
}

/** The mean of each of so many pieces: a peak shows lower, but nothing is left out. */
function thinned(values: readonly number[]): number[] {
  const size = Math.ceil(values.length / POINTS_MAX);
  if (size <= 1) return [...values];
  const found: number[] = [];
  for (let from = values.length % size; from < values.length; from += size) found.push(values.slice(from, from + size).reduce((sum, value) => sum + value, 0) / size);
  return found;
}
