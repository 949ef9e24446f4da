// A type of process of one's own: hides resident registration numbers in what is handed to it.
import { defineProcessType } from "dure/process-type";
import { z } from "dure/plugin";

export default defineProcessType({
  name: "Mask",
  summary: { en: "Hides resident registration numbers.", ko: "주민등록번호를 가립니다." },
  options: z.strictObject({
    keep: z.int().min(0).max(13).default(7).meta({ description: "How many digits stay to be read.", ko: "그대로 둘 앞자리 수." }),
  }),
  async activate({ keep }, { say }) {
    say(`${keep} digits stay`);
    let masked = 0;
    return {
      async run(event) {
        if (event.includes("\uFFFD")) throw new Error(`this line is in another encoding: ${event}`);
        return [
          event.replaceAll(/\b\d{6}-?\d{7}\b/g, (number) => {
            masked += 1;
            let digits = 0;
            return number.replaceAll(/\d/g, (digit) => ((digits += 1) <= keep ? digit : "*"));
          }),
        ];
      },
      async terminate() {
        say(`${masked} numbers hidden`);
      },
    };
  },
});
