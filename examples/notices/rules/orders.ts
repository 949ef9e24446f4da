import { defineRule, z } from "dure/rule";

export const book = defineRule({
  args: z.object({ order: z.int() }),
  run({ order }, { notify }) {
    notify("chat", { subject: `order ${order} is booked`, data: { order } });
    return { order };
  },
});
