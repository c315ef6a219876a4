import { SelectField } from "../components/Field.tsx";
import { strings } from "./strings.ts";

interface Props {
  label: string;
  value: string;
  options: Readonly<Record<string, string>>;
  onChange: (value: string) => void;
}

/** A filter with a few values, or none of them. */
export function Choice({ label, value, options, onChange }: Props) {
  return (
    <SelectField label={label} value={value} onChange={(event) => onChange(event.target.value)}>
      <option value="">{strings.common.all}</option>
      {Object.entries(options).map(([key, name]) => (
        <option key={key} value={key}>
          {name}
        </option>
      ))}
    </SelectField>
  );
}
