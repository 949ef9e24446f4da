// Which digits are a number of a person or a card. Texts are full of digits; what is checked here keeps times, ids and sizes apart.

const WEIGHTS = [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5];
/** Since October 2020 the last six digits are drawn at random: who was born later has a number without a check digit. */
const FIRST_WITHOUT_CHECK = 20_201_005;

/**
 * Korean resident registration number (seventh digit 1–4, 9, 0) or foreigner's number (5–8), with or without its hyphen. With one, a date of
 * birth that can be suffices, for a number given since 2020 may hold any digits behind it; thirteen bare digits need a true
 * check digit, too, or a date of birth since then.
 */
export function isPersonNumber(text: string, who: "resident" | "foreigner"): boolean {
  const digits = text.replace(/\D/g, "");
  const century = Number(digits[6]);
  const isForeigner = 5 <= century && century <= 8;
  if (digits.length !== 13 || isForeigner !== (who === "foreigner")) return false;
  const year = (century === 9 || century === 0 ? 1800 : [1, 2, 5, 6].includes(century) ? 1900 : 2000) + Number(digits.slice(0, 2));
  const month = Number(digits.slice(2, 4));
  const day = Number(digits.slice(4, 6));
  if (month < 1 || 12 < month || day < 1 || new Date(Date.UTC(year, month, 0)).getUTCDate() < day) return false;
  if (digits.length < text.length || FIRST_WITHOUT_CHECK <= year * 10_000 + month * 100 + day) return true;
  const sum = WEIGHTS.reduce((total, weight, index) => total + weight * Number(digits[index]), 0);
  return (11 - (sum % 11) + (isForeigner ? 2 : 0)) % 10 === Number(digits[12]);
}

/** 13 to 19 digits that begin as cards do and whose check digit (Luhn) is right. */
export function isCardNumber(text: string): boolean {
  const digits = text.replace(/\D/g, "");
  if (!/^(?:[3-69]|2[2-7])\d{12,18}$/.test(digits) || /^(\d)\1+$/.test(digits)) return false;
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]);
    sum += index % 2 === 0 ? digit : digit < 5 ? digit * 2 : digit * 2 - 9;
  }
  return sum % 10 === 0;
}

/**
 * Whether a text may hold a number of a person, a card or a phone: nine digits or more with at most two signs between two of them, four
 * of them or more side by side. Most lines do not, and this is found sooner than by patterns.
 */
export function mayHoldNumber(text: string): boolean {
  let digits = 0;
  let together = 0;
  let isLong = false;
  let signs = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (0x30 <= code && code <= 0x39) {
      digits += 1;
      together += 1;
      signs = 0;
      if (3 < together) isLong = true;
      if (8 < digits && isLong) return true;
    } else if (0 < digits) {
      together = 0;
      signs += 1;
      const isSign = code === 0x20 || code === 0x28 || code === 0x29 || code === 0x2d || code === 0x2e; // ` ()-.`
      if (isSign && signs <= 2) continue;
      digits = 0;
      signs = 0;
      isLong = false;
    }
  }
  return false;
}
