// Prints what it has booked: with `ack: line` that is what says that it is done.
import { createInterface } from "node:readline";

for await (const line of createInterface({ input: process.stdin })) console.log(`booked ${line}`);
