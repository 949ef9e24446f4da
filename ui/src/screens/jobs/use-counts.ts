// How many jobs of each state and rule there are, asked again when something has become of one; and the rules one can choose from.
import { useCallback, useEffect, useState } from "preact/hooks";
import { comebacks } from "../../agent/agent.ts";
import { jobs } from "../../jobs/ask.ts";
import type { Counted } from "../../jobs/ask.ts";
import { useTurns } from "../../jobs/use-turns.ts";

const AGAIN_MS = 1500;

export function useCounts(): { readonly counts: readonly Counted[] | undefined; readonly rules: readonly string[]; ask(): void } {
  const [counts, setCounts] = useState<readonly Counted[]>();
  const [loaded, setLoaded] = useState<readonly string[]>([]);
  const ask = useCallback(() => {
    // Without figures the chips still work: whatever fails is said by the list beside them.
    jobs.counts().then(setCounts, () => undefined);
  }, []);
  const back = comebacks.value;
  useEffect(() => {
    jobs.rules().then(({ rules }) => setLoaded(rules.map(({ name }) => name)), () => undefined);
  }, [back]);
  useEffect(ask, [back]);
  useTurns(ask, AGAIN_MS);
  const rules = [...new Set([...loaded, ...(counts ?? []).map(({ rule }) => rule)])].sort();
  return { counts, rules, ask };
}
