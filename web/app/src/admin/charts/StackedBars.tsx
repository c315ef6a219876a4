import { HEIGHT } from "./Chart.tsx";

export interface Layer {
  look: string;
  values: readonly number[];
}

const GAP = 0.15;

/** Bars of several layers, one on the other, the first one at the bottom. */
export function StackedBars({
  layers,
  top,
  titles,
}: {
  layers: readonly Layer[];
  top: number;
  titles: readonly string[];
}) {
  return titles.map((title, index) => (
    <g key={title}>
      <title>{title}</title>
      {stacked(layers, index).map(({ look, from, to }) => (
        <rect
          key={look}
          className={look}
          x={index + GAP / 2}
          width={1 - GAP}
          y={HEIGHT - (to / top) * HEIGHT}
          height={((to - from) / top) * HEIGHT}
        />
      ))}
    </g>
  ));
}

/** Where each layer begins and ends in one bar; those of nothing are left out. */
function stacked(layers: readonly Layer[], index: number): { look: string; from: number; to: number }[] {
  let from = 0;
  const found = [];
  for (const { look, values } of layers) {
    const to = from + (values[index] ?? 0);
    if (to > from) found.push({ look, from, to });
    from = to;
  }
  return found;
}
