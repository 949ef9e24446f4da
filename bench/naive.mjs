// What one writes in ten minutes: readline, a line at a time. `node naive.mjs w1|w2|w3|w4 INPUT PORT|OUT`
import { createReadStream, createWriteStream } from "node:fs";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { once } from "node:events";
import { Packr } from "msgpackr";

const [work, input, destination] = process.argv.slice(2);
const NGINX = /^(?<remote>[^ ]*) (?<host>[^ ]*) (?<user>[^ ]*) \[(?<time>[^\]]*)\] "(?<method>\S+) +(?<path>[^"]*?) +\S*" (?<code>[^ ]*) (?<size>[^ ]*) "(?<referer>[^"]*)" "(?<agent>[^"]*)"$/;
const packr = new Packr({ useRecords: false });
const lines = createInterface({ input: createReadStream(input, { highWaterMark: 1 << 18 }), crlfDelay: Infinity });
const out = work === "w2" || work === "w4" ? connect({ host: "127.0.0.1", port: Number(destination), noDelay: true }) : work === "w3" ? createWriteStream(destination) : undefined;
let count = 0;
let entries = [];
let entriesBytes = 0;

async function flush() {
  const body = Buffer.concat(entries);
  const head = Buffer.concat([Buffer.from([0x92, 0xa5]), Buffer.from("bench"), Buffer.from([0xc6, 0, 0, 0, 0])]);
  head.writeUInt32BE(body.length, head.length - 4);
  entries = [];
  entriesBytes = 0;
  if (!out.write(Buffer.concat([head, body]))) await once(out, "drain");
}

for await (const line of lines) {
  count += 1;
  if (work === "w1") continue;
  if (work === "w3") {
    const match = NGINX.exec(line);
    if (match !== null && !out.write(`${JSON.stringify({ ...match.groups, code: Number(match.groups.code), size: Number(match.groups.size) })}\n`)) await once(out, "drain");
    continue;
  }
  const packed = packr.pack([Math.floor(Date.now() / 1000), work === "w4" ? JSON.parse(line) : { log: line }]);
  entries.push(Buffer.from(packed));
  entriesBytes += packed.length;
  if (1 << 18 < entriesBytes) await flush();
}
if (0 < entries.length) await flush();
if (work === "w3") await new Promise((resolve) => out.end(resolve));
console.log(`COUNT ${count}`);
setInterval(() => undefined, 1000); // Stays up, as the others do, until it is measured and ended.
