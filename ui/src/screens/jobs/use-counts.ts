// How many jobs of each state and rule there are, asked again when something has become of one; and the rules one can choose from.
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { comebacks } from "../../agent/agent.ts";
import { jobs } from "../../jobs/ask.ts";
import type { Counted } from "../../jobs/ask.ts";
import { jobsTurn } from "../../jobs/look.ts";

const AGAIN_MS = 1500;

export function useCounts(): { readonly counts: readonly Counted[] | undefined; readonly rules: readonly string[]; ask(): void } {
  const [counts, setCounts] = useState<readonly Counted[]>();
  const [loaded, setLoaded] = useState<readonly string[]>([]);
  const lastAsked = useRef(0);
  const ask = useCallback(() => {
    lastAsked.current = performance.now();
    // Without figures the chips still work: whatever fails is said by the list beside them.
    jobs.counts().then(setCounts, () => undefined);
  }, []);
  const back = comebacks.value;
  useEffect(() => {
    jobs.rules().then(({ rules }) => setLoaded(rules.map(({ name }) => name)), () => undefined);
  }, [back]);
  const turn = jobsTurn.value;
  useEffect(() => {
    const timer = setTimeout(ask, Math.max(0, lastAsked.current === 0 ? 0 : lastAsked.current + AGAIN_MS - performance.now()));
    return () => clearTimeout(timer);
  }, [turn, back]);
  const rules = [...new Set([...loaded, ...(counts ?? []).map(({ rule }) => rule)])].sort();
  return { counts, rules, ask };
}
