import { navigate, usePlace } from "../../router.tsx";

export interface Filters<Name extends string> {
  values: Record<Name, string>;
  set: (name: Name, value: string) => void;
  clear: () => void;
  isAny: boolean;
}

/** Filters that stand in the address, so that a list can be linked to and comes back with the back button. */
export function useFilters<Name extends string>(names: readonly Name[]): Filters<Name> {
  const { path, query } = usePlace();
  const values = Object.fromEntries(names.map((name) => [name, query.get(name) ?? ""])) as Record<Name, string>;
  const set = (name: Name, value: string) => {
    const next = new URLSearchParams(query);
    if (value === "") next.delete(name);
    else next.set(name, value);
    navigate(next.size > 0 ? `${path}?${next}` : path, { replace: true });
  };
  return {
    values,
    set,
    clear: () => navigate(path, { replace: true }),
    isAny: names.some((name) => values[name] !== ""),
  };
}
