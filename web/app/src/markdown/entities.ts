/**
 * Stands for the package `entities`, of which markdown-it asks one thing. The browser knows the names of all characters
 * by itself; the package would bring 15 kB of them.
 */
const place = document.createElement("textarea");

/** The character that a reference such as `&amp;` or `&#38;` stands for; an unknown one as it is. */
export function decodeHTMLStrict(reference: string): string {
  place.innerHTML = reference; // within a textarea nothing is read but references
  const text = place.value;
  // Of `&notit;` a browser reads `&not`, as of old; markdown takes whole names only.
  return text.length > 1 && text.endsWith(";") ? reference : text;
}
