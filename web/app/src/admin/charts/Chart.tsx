import type { ReactNode } from "react";

export const HEIGHT = 100;

interface Props {
  title: string;
  /** What the picture shows, in a sentence, for those who do not see it. */
  label: string;
  /** How many steps stand side by side. */
  steps: number;
  /** What the upper edge stands for. */
  top: string;
  /** The ends of the time axis. */
  ends: readonly [string, string];
  legend: readonly { name: string; look: string }[];
  children: ReactNode;
}

/** The frame of a drawing over time: `children` are drawn in steps of 1 across, and 100 down from `top` to nothing. */
export function Chart({ title, label, steps, top, ends, legend, children }: Props) {
  return (
    <figure className="chart">
      <figcaption>
        <h2>{title}</h2>
        <ul className="legend">
          {legend.map(({ name, look }) => (
            <li key={look} className={look}>
              {name}
            </li>
          ))}
        </ul>
      </figcaption>
      <div className="plot">
        <p className="plot-top" aria-hidden="true">
          {top}
        </p>
        <svg viewBox={`0 0 ${steps} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
          <path className="grid" d={`M0 0H${steps}M0 ${HEIGHT / 2}H${steps}M0 ${HEIGHT}H${steps}`} />
          {children}
        </svg>
        <p className="plot-ends" aria-hidden="true">
          <span>{ends[0]}</span>
          <span>{ends[1]}</span>
        </p>
      </div>
    </figure>
  );
}
