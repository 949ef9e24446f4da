// Tabs whose choice stands in the address.
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { go } from "../route.ts";

export interface TabsProps {
  readonly label: string;
  readonly current: string;
  readonly tabs: readonly { readonly id: string; readonly label: string }[];
  readonly hrefOf: (id: string) => string;
  readonly children: ComponentChildren;
}

export function Tabs({ label, current, tabs, hrefOf, children }: TabsProps) {
  const id = useId();
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined || event.isComposing) return;
    const at = tabs.findIndex((tab) => tab.id === current);
    const next = tabs[(at + step + tabs.length) % tabs.length];
    if (next === undefined) return;
    event.preventDefault();
    go(hrefOf(next.id), { isReplaced: true });
    document.getElementById(`${id}-${next.id}`)?.focus();
  };
  return (
    <>
      <div class="tabs" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
        {tabs.map((tab) => (
          <a key={tab.id} id={`${id}-${tab.id}`} role="tab" class="tab" href={hrefOf(tab.id)} aria-selected={tab.id === current} aria-controls={tab.id === current ? `${id}-panel` : undefined} tabIndex={tab.id === current ? 0 : -1}>
            {tab.label}
          </a>
        ))}
      </div>
      <div class="tab-panel" id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-${current}`}>
        {children}
      </div>
    </>
  );
}
