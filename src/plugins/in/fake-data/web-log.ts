// Lines of a web server in nginx's `combined` format.
import { pick, randomAt } from "./random.ts";

const METHODS = ["GET", "GET", "GET", "GET", "GET", "GET", "POST", "POST", "PUT", "DELETE", "HEAD"];
const STATUS = [200, 200, 200, 200, 200, 200, 200, 200, 201, 204, 301, 302, 304, 304, 400, 401, 403, 404, 404, 499, 500, 502, 503];
const AGENTS = [
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Safari/605.1.15",
  "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
  "Mozilla/5.0 (Linux; Android 16; SM-S938N) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
  "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
  "curl/8.16.0",
];
const EN = {
  hosts: ["203.0.113", "198.51.100", "192.0.2"],
  paths: [
    "/",
    "/index.html",
    "/login",
    "/logout",
    "/cart",
    "/api/v1/items",
    "/api/v1/orders",
    "/static/app.js",
    "/static/site.css",
    "/images/logo.png",
    "/search?q=shoes",
    "/favicon.ico",
  ],
  referers: ["-", "-", "-", "https://www.example.com/", "https://www.google.com/", "https://www.example.com/cart"],
  zone: "+0000",
  zoneMinutes: 0,
};
const KO = {
  hosts: ["203.0.113", "198.51.100", "192.0.2"],
  paths: [
    "/",
    "/index.html",
    "/로그인",
    "/장바구니",
    "/상품/1",
    "/게시판/공지",
    "/검색?q=운동화",
    "/검색?q=겨울 코트",
    "/api/v1/주문",
    "/static/app.js",
    "/images/로고.png",
    "/favicon.ico",
  ].map(encodeURI),
  referers: ["-", "-", "-", "https://www.example.co.kr/", "https://search.example.co.kr/search?query=운동화", "https://www.example.co.kr/장바구니"].map(
    encodeURI,
  ),
  zone: "+0900",
  zoneMinutes: 540,
};
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** No line is longer. */
export const WEB_LOG_LINE_BYTES_MAX = 512;

/** Gives line `index` of a seed, with its newline; ASCII only, as nginx writes it. */
export function webLog(locale: "ko" | "en"): (seed: number, index: number, seconds: number) => string {
  const { hosts, paths, referers, zone, zoneMinutes } = locale === "ko" ? KO : EN;
  let lastSeconds = Number.NaN;
  let time = "";
  return (seed, index, seconds) => {
    const random = randomAt(seed, index);
    if (seconds !== lastSeconds) {
      time = logTime(seconds, zoneMinutes, zone);
      lastSeconds = seconds;
    }
    const host = `${pick(hosts, random)}.${1 + Math.floor(random() * 254)}`;
    const bytes = Math.floor(random() ** 3 * 60_000);
    return `${host} - - [${time}] "${pick(METHODS, random)} ${pick(paths, random)} HTTP/1.1" ${pick(STATUS, random)} ${bytes} "${pick(referers, random)}" "${pick(AGENTS, random)}"\n`;
  };
}

function logTime(seconds: number, zoneMinutes: number, zone: string): string {
  const iso = new Date((seconds + zoneMinutes * 60) * 1000).toISOString();
  return `${iso.slice(8, 10)}/${MONTHS[Number(iso.slice(5, 7)) - 1]}/${iso.slice(0, 4)}:${iso.slice(11, 19)} ${zone}`;
}
