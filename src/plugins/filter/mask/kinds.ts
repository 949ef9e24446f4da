// What filter.Mask knows by name. Where two claim the same text, the one that comes first here has it.
export const KINDS = ["secret", "resident_number", "foreigner_number", "card", "phone", "email", "ipv4"] as const;
export type Kind = (typeof KINDS)[number];
