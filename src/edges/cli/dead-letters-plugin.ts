// The input of `dure dead-letters replay`: reads letters back as batches. A letter is removed after its batch was written (or was
// kept as a new letter), so a replay that is cut off loses nothing.
import { openDeadLetters } from "#kernel/dead-letters.ts";
import { defineInput, z } from "#sdk/plugin.ts";

export const DEAD_LETTERS_PLUGIN = "in.DeadLetters";

export default defineInput({
  name: "DeadLetters",
  summary: { en: "Reads dead letters back.", ko: "데드레터를 다시 읽습니다." },
  options: z.strictObject({
    dir: z.string().meta({ description: "Folder of the letters.", ko: "레코드가 있는 폴더." }),
    letters: z.array(z.strictObject({ id: z.string(), bytes: z.number() })).meta({ description: "Which ones, in which order.", ko: "다시 읽을 것과 순서." }),
  }),
  async open({ dir, letters }, { pool }) {
    const kept = openDeadLetters(dir);
    const waiting = letters.values();
    return {
      async read(signal) {
        const next = waiting.next();
        if (next.done === true || signal.aborted) return undefined;
        const { id, bytes } = next.value;
        await pool.room(bytes, signal);
        if (signal.aborted) return undefined;
        return { batch: await kept.read(id, pool), ack: () => kept.remove(id) };
      },
      async close() {},
    };
  },
});
