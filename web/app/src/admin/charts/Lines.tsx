import { HEIGHT } from "./Chart.tsx";
import { pathThrough, runs } from "./scale.ts";

interface Line {
  look: string;
  values: readonly (number | null)[];
}

/** Lines that break where there is no value. */
export function Lines({ lines, top }: { lines: readonly Line[]; top: number }) {
  return lines.map(({ look, values }) => (
    <path key={look} className={look} d={runs(values, top, HEIGHT).map(pathThrough).join("")} />
  ));
}
