// Options of a step as a config has them: names and values, nested ones below each other. Secrets were taken out by the agent.
export function Options({ value }: { readonly value: unknown }) {
  if (typeof value !== "object" || value === null) return <code>{JSON.stringify(value)}</code>;
  const entries = Array.isArray(value) ? value.map((item, index) => [String(index + 1), item] as const) : Object.entries(value);
  if (entries.length === 0) return <span class="dim">{Array.isArray(value) ? "[]" : "{}"}</span>;
  return (
    <dl class="options">
      {entries.map(([name, item]: readonly [string, unknown]) => (
        <div key={name} class={typeof item === "object" && item !== null && Object.keys(item).length > 0 ? "nested" : undefined}>
          <dt>{name}</dt>
          <dd>{typeof item === "object" && item !== null ? <Options value={item} /> : <code>{typeof item === "string" ? item : JSON.stringify(item)}</code>}</dd>
        </div>
      ))}
    </dl>
  );
}
