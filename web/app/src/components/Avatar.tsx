import { useState } from "react";

const HUES = 6;

/** A picture, or the first letter of the name on a colour of its own. It is decoration: the name stands beside it. */
export function Avatar({ name, url, isLarge = false }: { name: string; url?: string | null; isLarge?: boolean }) {
  const [broken, setBroken] = useState<string>();
  const size = isLarge ? "large" : "";
  if (url && url !== broken) {
    return <img className={`avatar ${size}`} src={url} alt="" onError={() => setBroken(url)} />;
  }
  const letter = [...name.trim()][0]?.toLocaleUpperCase() ?? "?";
  return (
    <span className={`avatar hue-${hueOf(name)} ${size}`} aria-hidden="true">
      {letter}
    </span>
  );
}

function hueOf(name: string): number {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973;
  return sum % HUES;
}
