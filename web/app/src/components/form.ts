import type { FormEvent } from "react";

/** The texts of a form's fields by name, when it is submitted; the page stays. */
export function onSubmit(act: (fields: Record<string, string>) => void): (event: FormEvent<HTMLFormElement>) => void {
  return (event) => {
    event.preventDefault();
    const fields: Record<string, string> = {};
    for (const [name, value] of new FormData(event.currentTarget)) {
      if (typeof value === "string") fields[name] = value;
    }
    act(fields);
  };
}
