/** Line icons on a grid of 24, drawn in the colour of the text. They are decoration: buttons carry the words. */
const PATHS = {
  plus: "M12 5v14M5 12h14",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM20 20l-4.9-4.9",
  menu: "M4 7h16M4 12h16M4 17h16",
  close: "M6 6l12 12M18 6 6 18",
  dots: "M5 11.5h.01v1H5zM12 11.5h.01v1H12zM19 11.5h.01v1H19z",
  send: "M12 19V5M6 11l6-6 6 6",
  stop: "M7 7h10v10H7zM9 9h6v6H9zM11 11h2v2h-2z",
  copy: "M9 9h10v11H9zM15 9V5H5v11h4",
  check: "M5 12.5 10 17l9-10",
  again: "M20 11a8 8 0 1 0-2.3 6.3M20 5v6h-6",
  edit: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
  up: "M7 11v9H4v-9zM7 11l4-7c1.7 0 2.6 1 2.3 2.6L12.8 9H18c1.5 0 2.4 1.2 2 2.6l-1.7 6.4c-.3 1.2-1.2 2-2.5 2H7",
  down: "M17 13V4h3v9zM17 13l-4 7c-1.7 0-2.6-1-2.3-2.6l.5-2.4H6c-1.5 0-2.4-1.2-2-2.6l1.7-6.4C6 4.8 6.9 4 8.2 4H17",
  left: "M14 6l-6 6 6 6",
  right: "M10 6l6 6-6 6",
  arrowDown: "M12 5v14M6 13l6 6 6-6",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20c.8-3.5 3.8-5 7.5-5s6.7 1.5 7.5 5",
  users:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 19c.7-3 3.2-4.5 6.5-4.5s5.8 1.5 6.5 4.5M16 4.5a3.5 3.5 0 0 1 0 6M18 14.8c1.8.6 3 2 3.5 4.2",
  shield: "M12 3l7 3v5.5c0 4.5-3 8-7 9.5-4-1.5-7-5-7-9.5V6z",
  keyboard: "M3 7h18v11H3zM7 11h.01M11 11h.01M15 11h.01M8 15h8",
  out: "M14 5H5v14h9M10 12h11M17 8l4 4-4 4",
  theme: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
  sidebar: "M4 5h16v14H4zM10 5v14",
  archive: "M4 5h16v4H4zM6 9v10h12V9M10 13h4",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  warning: "M12 4 2.5 20h19zM12 10v4M12 17h.01",
  eye: "M2 12s3.5-6.5 10-6.5S22 12 22 12s-3.5 6.5-10 6.5S2 12 2 12ZM12 14.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z",
  list: "M9 6h11M9 12h11M9 18h11M4.5 6h.01M4.5 12h.01M4.5 18h.01",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
