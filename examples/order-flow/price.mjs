// One line in, one line out; the line itself on the standard error says that it is done.
import { createInterface } from "node:readline";

console.error("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const [order, amount] = line.split(" ");
  console.log(`${order} ${Math.round(Number(amount) * 1.1)}`);
  console.error(line);
}
