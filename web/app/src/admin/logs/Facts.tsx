/** Names and values; objects are shown as JSON, and what is empty is left out. */
export function Facts({ facts }: { facts: readonly (readonly [string, unknown])[] }) {
  return (
    <dl className="facts">
      {facts
        .filter(([, value]) => !isEmpty(value))
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd dir="auto">
              {typeof value === "object" ? <pre>{JSON.stringify(value, null, 2)}</pre> : String(value)}
            </dd>
          </div>
        ))}
    </dl>
  );
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === "") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
