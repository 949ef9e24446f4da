// The trades of everyone who got more gold in this batch than a person can. Reads JSON lines, writes JSON lines.
// 이번 배치에서 사람이 얻을 수 없는 골드를 얻은 사람의 거래들. JSON 줄을 읽어 JSON 줄로 씁니다.
import { readFileSync, writeFileSync } from "node:fs";

const [input, output] = process.argv.slice(2);
const GOLD_MOST = 100_000;

const trades = readFileSync(input, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
const goldOf = new Map();
for (const { player, gold } of trades) goldOf.set(player, (goldOf.get(player) ?? 0) + gold);
const suspicious = trades.filter(({ player }) => GOLD_MOST < goldOf.get(player));
const found = suspicious.map(({ id, player, gold }) => ({ trade_id: id, player, gold, reason: `${goldOf.get(player)} in one batch` }));
writeFileSync(output, found.map((row) => `${JSON.stringify(row)}\n`).join(""));
