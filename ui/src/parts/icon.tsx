// Line drawings of 16 units, in the colour of the text beside them. They say nothing alone: a label stands beside each.
const drawings = {
  overview: "M2.5 9.5 8 3l5.5 6.5M4.5 8v5.5h7V8",
  pipelines: "M2 4.5h3.2c2.8 0 2.8 7 5.6 7H14M2 11.5h3.2c1 0 1.6-.9 2.1-2M14 4.5h-3.2c-1 0-1.6.9-2.1 2",
  processes: "M2.5 3.5h11v9h-11zM5 6.5 6.8 8 5 9.5M8.2 9.8h2.8",
  flows: "M2 3.5h3.5v3H2zM10.5 2h3.5v3h-3.5zM10.5 11h3.5v3h-3.5zM5.5 5h2.2c1.2 0 1-1.5 2.8-1.5M5.5 5h2.2c1.6 0 .6 7.5 2.8 7.5",
  jobs: "M3 2.5h10v3.2H3zM3 7h10v3.2H3zM3 13.2l1.6 1.3M4.6 14.5h4M5.2 4.1h.01M5.2 8.6h.01",
  operator: "M8 8.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM2.5 13.5V11a1.5 1.5 0 0 1 1.5-1.5h8a1.5 1.5 0 0 1 1.5 1.5v2.5zM6 12h4",
  schedules: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.8V8l2.4 1.5",
  console: "M2.5 4 6 8l-3.5 4M7.5 12.5H13.5",
  stop: "M4 4h8v8H4z",
  send: "M2.5 8h10M9 4.5 12.5 8 9 11.5",
  upload: "M8 10.5V3M5 5.8 8 3l3 2.8M3 13.5h10",
  letters: "M2 4h12v8.5H2zM2.3 4.5 8 9l5.7-4.5M6 11l4-0",
  logs: "M3 3.5h10M3 6.5h7M3 9.5h10M3 12.5h5",
  events: "M8.8 1.8 3.5 9h4l-.6 5.2L12.5 7h-4z",
  config: "M3 4.5h5M11 4.5h2M3 11.5h2M8 11.5h5M9.5 2.8v3.4M6.5 9.8v3.4",
  audit: "M4 2.5h8v11H4zM6 5.5h4M6 8h4M6 10.5h2",
  users: "M8 8a2.6 2.6 0 1 0 0-5.2A2.6 2.6 0 0 0 8 8zM3 13.5c.4-2.6 2.3-3.8 5-3.8s4.6 1.2 5 3.8",
  diagnostics: "M1.8 8h2.7l1.7-4.5 3 9L11 8h3.2",
  help: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM6.2 6.3c0-2.4 3.7-2.3 3.7-.1 0 1.5-1.9 1.5-1.9 3M8 11.4v.2",
  search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.4 10.4 14 14",
  bell: "M4 11V7.2a4 4 0 0 1 8 0V11l1.2 1.3H2.8zM6.8 14h2.4",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3.2v9.6L12.8 8z",
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  narrow: "M10 4 6 8l4 4M13.5 3v10",
  widen: "M6 4l4 4-4 4M2.5 3v10",
  settings: "M8 10.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zM8 2v1.6M8 12.4V14M2 8h1.6M12.4 8H14M3.8 3.8l1.1 1.1M11.1 11.1l1.1 1.1M3.8 12.2l1.1-1.1M11.1 4.9l1.1-1.1",
  close: "M4 4l8 8M12 4l-8 8",
  down: "M4 6.2 8 10l4-3.8",
  right: "M6.2 4 10 8l-3.8 4",
  up: "M4 9.8 8 6l4 3.8",
  columns: "M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10",
  download: "M8 2.5v7.5M5 7.2 8 10l3-2.8M3 13.5h10",
  copy: "M5.5 5.5h8v8h-8zM3 10.5h-.5v-8h8V3",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  check: "M3 8.5 6.5 12 13 4.5",
  reload: "M13 8a5 5 0 1 1-1.6-3.7M13.2 2.2v3h-3",
  filter: "M2.5 3.5h11L9.3 8.4v4.4l-2.6-1.4v-3z",
  link: "M6.8 9.2a2.4 2.4 0 0 0 3.4 0l2.3-2.3a2.4 2.4 0 0 0-3.4-3.4l-.8.8M9.2 6.8a2.4 2.4 0 0 0-3.4 0L3.5 9.1a2.4 2.4 0 0 0 3.4 3.4l.8-.8",
  tap: "M8 2.5c2 2.6 3.6 4.4 3.6 6.8A3.6 3.6 0 0 1 8 13a3.6 3.6 0 0 1-3.6-3.7C4.4 6.9 6 5.1 8 2.5z",
  eye: "M1.8 8S4 4 8 4s6.2 4 6.2 4S12 12 8 12 1.8 8 1.8 8zM8 9.8a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.6z",
  trash: "M3 4.5h10M6.3 4.3V2.7h3.4v1.6M4.3 4.7l.6 8.8h6.2l.6-8.8",
  edit: "M3 13l.6-2.8 7-7 2.2 2.2-7 7zM9.3 4.5l2.2 2.2",
  plus: "M8 3v10M3 8h10",
  history: "M3 8a5 5 0 1 0 1.6-3.7M2.8 2.2v3h3M8 5.3V8l2 1.4",
  wrap: "M2.5 4h11M2.5 8h8.2a2 2 0 0 1 0 4H7.5M9 10.3 7.3 12 9 13.7M2.5 12h2",
  sun: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 1.8v1.4M8 12.8v1.4M1.8 8h1.4M12.8 8h1.4M3.6 3.6l1 1M11.4 11.4l1 1M3.6 12.4l1-1M11.4 4.6l1-1",
} as const;
export type IconName = keyof typeof drawings;

export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width={size} height={size} aria-hidden="true" focusable="false">
      <path d={drawings[name]} />
    </svg>
  );
}
