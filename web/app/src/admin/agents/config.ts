import { strings } from "../strings.ts";

const words = strings.agents;

/** The keys of an agent's config that have fields of their own, and what kind of value they hold. */
const KEYS = {
  model: "text",
  history_limit: "number",
  request_format: "text",
  title_webhook: "text",
  idle_timeout_s: "number",
  total_timeout_s: "number",
} as const;

type Key = keyof typeof KEYS;
const NAMES = Object.keys(KEYS) as Key[];

/** What stands in the form: one text for each key, and the JSON of all others. */
export type ConfigFields = Record<Key | "others", string>;
export type ConfigErrors = Partial<Record<Key | "others", string>>;

/** An agent's config as the form shows it. A key whose value is of another kind stands with the others. */
export function fieldsOf(config: Readonly<Record<string, unknown>>): ConfigFields {
  const fields = { others: "" } as ConfigFields;
  const rest = { ...config };
  for (const name of NAMES) {
    const value = config[name];
    const fits = KEYS[name] === "number" ? typeof value === "number" : typeof value === "string" && value !== "";
    fields[name] = fits ? String(value) : "";
    if (fits) delete rest[name];
  }
  if (Object.keys(rest).length > 0) fields.others = JSON.stringify(rest, null, 2);
  return fields;
}

/** The config that the fields say, or what is wrong with them by field. An empty field is a key that is not there. */
export function configOf(fields: ConfigFields): { config: Record<string, unknown> } | { errors: ConfigErrors } {
  const errors: ConfigErrors = {};
  const given: Record<string, unknown> = {};
  for (const name of NAMES) {
    const text = fields[name].trim();
    if (text === "") continue;
    const value = KEYS[name] === "number" ? Number(text) : text;
    if (Number.isNaN(value)) errors[name] = words.notNumber;
    given[name] = value;
  }
  const others = othersOf(fields.others);
  if (typeof others === "string") return { errors: { ...errors, others } };
  const twice = Object.keys(others).filter((name) => name in given);
  if (twice.length > 0) errors.others = words.taken(twice.join(", "));
  return Object.keys(errors).length > 0 ? { errors } : { config: { ...others, ...given } };
}

function othersOf(text: string): Record<string, unknown> | string {
  if (text.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : words.notObject;
  } catch {
    return words.notJson;
  }
}

/** Whether two values are the same JSON; the order of keys does not count. */
export function isSameJson(one: unknown, other: unknown): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, sorted(inner)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
