// Words for people in an answer: both languages go along, and who shows them chooses.
import { z } from "zod";

export const textSchema = z.strictObject({ en: z.string(), ko: z.string() });
