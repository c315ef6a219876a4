/** The next round number (1, 2 or 5 and zeros) that is not below `value`; 1 at least. */
export function ceiling(value: number): number {
  if (!(value > 1)) return 1;
  const magnitude = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find((one) => one * magnitude >= value) ?? 10;
  return step * magnitude;
}

/** The greatest of some values, passing over those that are not there. */
export function greatest(values: readonly (number | null)[]): number {
  return values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
}

export interface Point {
  x: number;
  y: number;
}

/** Runs of neighbouring values that are there, as points: `x` is the middle of the step, `y` grows downwards. */
export function runs(values: readonly (number | null)[], top: number, height: number): Point[][] {
  const found: Point[][] = [];
  let run: Point[] = [];
  for (const [index, value] of values.entries()) {
    if (value === null) {
      if (run.length > 0) found.push(run);
      run = [];
    } else {
      run.push({ x: index + 0.5, y: height - (Math.min(value, top) / top) * height });
    }
  }
  return run.length > 0 ? [...found, run] : found;
}

/** An SVG path through the points. A run of one is a short level line, or nothing would be seen. */
export function pathThrough(run: readonly Point[]): string {
  const [first] = run;
  if (!first) return "";
  if (run.length === 1) return `M${first.x - 0.4} ${first.y}H${first.x + 0.4}`;
  return run.map(({ x, y }, index) => `${index === 0 ? "M" : "L"}${x} ${y}`).join("");
}
