// What a browser calls itself, made short: `Firefox 148 · Windows`.
const BROWSERS = [
  ["Edg", "Edge"],
  ["Whale", "Whale"],
  ["SamsungBrowser", "Samsung Internet"],
  ["OPR", "Opera"],
  ["Firefox", "Firefox"],
  ["Chrome", "Chrome"],
  ["Version", "Safari"],
] as const;
const SYSTEMS = [
  [/Windows/, "Windows"],
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Mac OS X/, "macOS"],
  [/CrOS/, "ChromeOS"],
  [/Linux/, "Linux"],
] as const;

export function browserName(said: string): string {
  const browser = BROWSERS.flatMap(([mark, name]) => {
    const found = new RegExp(`\\b${mark}\\/(\\d+)`).exec(said);
    return found === null ? [] : [`${name} ${found[1]}`];
  })[0];
  const system = SYSTEMS.find(([mark]) => mark.test(said))?.[1];
  return browser === undefined ? said.slice(0, 60) : [browser, system].filter((part) => part !== undefined).join(" · ");
}
