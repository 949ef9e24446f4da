// Who got more gold in this batch than a person can? Reads JSON lines from the first file, writes JSON lines to the second.
// 이번 배치에서 사람이 얻을 수 없는 골드를 얻은 사람은? 첫 파일의 JSON 줄을 읽어 둘째 파일에 JSON 줄로 씁니다.
import { readFileSync, writeFileSync } from "node:fs";

const [input, output] = process.argv.slice(2);
const GOLD_MOST = 100_000;

const gold = new Map();
for (const line of readFileSync(input, "utf8").split("\n")) {
  if (line === "") continue;
  const { player, action, amount } = JSON.parse(line);
  if (action === "gold") gold.set(player, (gold.get(player) ?? 0) + amount);
}
const suspects = [...gold].filter(([, amount]) => GOLD_MOST < amount);
writeFileSync(output, suspects.map(([player, amount]) => `${JSON.stringify({ player, gold: amount })}\n`).join(""));
