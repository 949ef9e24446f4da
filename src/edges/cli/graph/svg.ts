// Pipelines as one picture that needs nothing else: from left to right, each end of a way in a row of its own.
import { say } from "#base/lang.ts";
import { cellsOf, printable } from "#kernel/config/cells.ts";
import type { GraphLink, GraphNode, PipelineGraph } from "./graph.ts";

const CELL = 8;
const BOX_HEIGHT = 44;
const ROW = 64;
const GAP = 48;
const MARGIN = 20;
const TITLE = 30;

interface Drawn {
  readonly parts: readonly string[];
  readonly right: number;
  /** Rows of height ROW. */
  readonly rows: number;
}

export function graphSvg(graphs: readonly PipelineGraph[]): string {
  const parts: string[] = [];
  let [width, top] = [0, MARGIN];
  for (const { name, first } of graphs) {
    parts.push(`<text class="name" x="${MARGIN}" y="${top + 14}">${escaped(name)}</text>`);
    const drawn = first === undefined ? { parts: [], right: 0, rows: 0 } : draw(first, MARGIN, top + TITLE);
    parts.push(...drawn.parts);
    width = Math.max(width, drawn.right, MARGIN + cellsOf(name) * CELL * 1.2);
    top += TITLE + drawn.rows * ROW + MARGIN;
  }
  const style =
    "text{font:13px ui-monospace,Menlo,Consolas,D2Coding,monospace;fill:#1f2937}.name{font-weight:bold;font-size:15px}.about,.label{fill:#4b5563;font-size:12px}" +
    "rect,.side{fill:#fff;stroke:#374151;stroke-width:1.5}.buffer{fill:#fef3c7;stroke-width:3}.way{fill:none;stroke:#374151;stroke-width:1.5;marker-end:url(#tip)}.reserve{stroke-dasharray:5 4}";
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.ceil(width + MARGIN)}" height="${top}" viewBox="0 0 ${Math.ceil(width + MARGIN)} ${top}" role="img">`,
    `<title>${escaped(say({ en: "pipelines", ko: "파이프라인" }))}: ${escaped(graphs.map(({ name }) => name).join(", "))}</title>`,
    `<style>${style}</style>`,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#374151"/></marker></defs>',
    '<rect width="100%" height="100%" style="stroke:none"/>',
    ...parts,
    "</svg>",
  ].join("\n");
}

function draw(node: GraphNode, left: number, top: number): Drawn {
  const width = Math.max(cellsOf(node.title), cellsOf(node.about)) * CELL + 20;
  const middle = top + BOX_HEIGHT / 2;
  const parts = [
    `<rect${node.shape === "buffer" ? ' class="buffer"' : ""} x="${left}" y="${top}" width="${width}" height="${BOX_HEIGHT}" rx="6"/>`,
    `<text x="${left + 10}" y="${node.about === "" ? middle + 5 : top + 18}">${escaped(node.title)}</text>`,
    ...(node.about === "" ? [] : [`<text class="about" x="${left + 10}" y="${top + 35}">${escaped(node.about)}</text>`]),
  ];
  const gap = GAP + Math.max(0, ...node.links.map(({ label }) => cellsOf(label))) * CELL;
  let [rows, right] = [0, left + width];
  for (const link of node.links) {
    const childTop = top + rows * ROW;
    const child = draw(link.to, left + width + gap, childTop);
    parts.push(...way(link, left + width, middle, gap, childTop + BOX_HEIGHT / 2), ...child.parts);
    rows += child.rows;
    right = Math.max(right, child.right);
  }
  return { parts, right, rows: Math.max(1, rows) };
}

function way({ label, isDashed }: GraphLink, x: number, y: number, gap: number, toY: number): string[] {
  const knee = x + GAP / 3;
  const text = label === "" ? [] : [`<text class="label" x="${knee + 6}" y="${toY - 6}">${escaped(label)}</text>`];
  return [`<path class="way${isDashed ? " reserve" : ""}" d="M${x} ${y}H${knee}V${toY}H${x + gap}"/>`, ...text];
}

function escaped(text: string): string {
  return printable(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
