import type { ReactNode } from "react";

export interface Column<Row> {
  title: string;
  /** What stands in the cell. */
  cell: (row: Row) => ReactNode;
  /** Its content names the row: it becomes the row's heading. */
  isHeading?: boolean;
  /** A time or a few words: they stay on one line where there is room. */
  isShort?: boolean;
  /** Not shown on a phone. */
  isMinor?: boolean;
  /** Buttons: the title is only read out, and they stand at the end. */
  isActions?: boolean;
}

interface Props<Row> {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
}

/** A table of data. The caption is for screen readers; it scrolls sideways where it is too wide. */
export function Table<Row>({ caption, columns, rows, keyOf }: Props<Row>) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="table-scroll" aria-label={caption} tabIndex={0}>
      <table className="table">
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ title, isMinor, isActions }) => (
              <th key={title} scope="col" className={isMinor ? "minor" : undefined}>
                {isActions ? <span className="visually-hidden">{title}</span> : title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((column) =>
                column.isHeading ? (
                  <th key={column.title} scope="row" dir="auto" className={kindsOf(column)}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.title} className={kindsOf(column)}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function kindsOf<Row>({ isShort, isMinor, isActions }: Column<Row>): string | undefined {
  return [isShort && "short", isMinor && "minor", isActions && "actions"].filter(Boolean).join(" ") || undefined;
}
