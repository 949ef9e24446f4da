const LOOK_EVERY_MS = 1000;

/** One look for all who watch, once a second and at once for who comes; while nobody does, nothing is done. */
export function onceASecond<Look>(look: () => Promise<Look>): (show: (look: Look) => void) => () => void {
  const watchers = new Set<(look: Look) => void>();
  let timer: NodeJS.Timeout | undefined;
  const showAll = async (): Promise<void> => {
    const seen = await look();
    for (const show of watchers) show(seen);
  };
  return (show) => {
    watchers.add(show);
    timer ??= setInterval(() => void showAll().catch(() => {}), LOOK_EVERY_MS).unref();
    void look().then((seen) => watchers.has(show) && show(seen), () => {});
    return () => {
      watchers.delete(show);
      if (0 < watchers.size) return;
      clearInterval(timer);
      timer = undefined;
    };
  };
}
