// Deterministic inputs. Every line carries a unique token `rid=NNNNNNNNNN` (0 … lines-1), so that a receiver can prove
// that each line arrived exactly once. `node bench/inputs.ts access|json BYTES OUT`
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";

export type InputKind = "access" | "json";
export interface InputMeta {
  readonly kind: InputKind;
  readonly lines: number;
  readonly bytes: number;
  /** Lines whose status is 500 or more: what the Where workload must let through. */
  readonly serverErrors: number;
}

const AGENTS = [
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15",
  "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
  "curl/8.5.0",
  "kube-probe/1.30",
  "Go-http-client/2.0",
];
const PATHS = ["/", "/index.html", "/api/v1/orders", "/api/v1/items", "/static/app.3f9a1c.js", "/static/site.css", "/search", "/login", "/img/logo.svg", "/api/v2/users/profile"];
const REFERERS = ["-", "https://www.example.com/", "https://www.example.com/catalog?page=2", "https://shop.example.org/cart", "https://search.example.net/?q=blue+widgets"];
const METHODS = ["GET", "GET", "GET", "GET", "POST", "PUT", "HEAD"];
const STATUSES = [200, 200, 200, 200, 200, 304, 301, 404, 499, 500, 502];
const LEVELS = ["info", "info", "info", "warn", "error", "debug"];
const SERVICES = ["checkout", "cart", "auth", "search"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** mulberry32: small, seedable, good enough to vary lines. */
export function random32(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** Makes the input unless it is there already; returns what is in it. */
export function makeInput(kind: InputKind, bytesWanted: number, path: string, seed = 42): InputMeta {
  const metaPath = `${path}.meta.json`;
  if (existsSync(path) && existsSync(metaPath)) return JSON.parse(readFileSync(metaPath, "utf8")) as InputMeta;
  mkdirSync(dirname(path), { recursive: true });
  const random = random32(seed);
  const pick = <T>(items: readonly T[]): T => items[random() % items.length] as T;
  const two = (value: number): string => String(value).padStart(2, "0");
  const file = openSync(`${path}.part`, "w");
  let milliseconds = Date.UTC(2026, 9, 10);
  let lines = 0;
  let bytes = 0;
  let serverErrors = 0;
  let pending = "";
  while (bytes < bytesWanted) {
    milliseconds += random() % 7;
    const date = new Date(milliseconds);
    const rid = `rid=${String(lines).padStart(10, "0")}`;
    const ip = `${1 + (random() % 223)}.${random() % 256}.${random() % 256}.${random() % 256}`;
    const [size, status, method, agent, path_, referer] = [random() % 100_000, pick(STATUSES), pick(METHODS), pick(AGENTS), pick(PATHS), pick(REFERERS)];
    let line: string;
    if (kind === "access") {
      const stamp = `${two(date.getUTCDate())}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}:${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`;
      line = `${ip} - ${random() % 4 === 0 ? `user${random() % 1000}` : "-"} [${stamp}] "${method} ${path_}?${rid}&s=${random().toString(36)} HTTP/1.1" ${status} ${size} "${referer}" "${agent}"\n`;
    } else {
      line = `{"time":"${date.toISOString()}","level":"${pick(LEVELS)}","host":"web-${two(random() % 40)}","svc":"${pick(SERVICES)}","rid":"${rid}","method":"${method}","path":"${path_}","status":${status},"size":${size},"dur":${(random() % 1_000_000) / 1000},"ok":${status < 400},"client":{"ip":"${ip}","ua":"${agent}"},"msg":"request \\"${method}\\" done"}\n`;
    }
    if (500 <= status) serverErrors += 1;
    lines += 1;
    bytes += line.length;
    pending += line;
    if (1 << 20 < pending.length) {
      writeSync(file, pending, null, "latin1");
      pending = "";
    }
  }
  writeSync(file, pending, null, "latin1");
  closeSync(file);
  renameSync(`${path}.part`, path);
  const meta: InputMeta = { kind, lines, bytes, serverErrors };
  writeFileSync(metaPath, JSON.stringify(meta));
  return meta;
}
