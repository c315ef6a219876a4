import { expect, test } from "vitest";
import { ceiling, greatest, pathThrough, runs } from "../../src/admin/charts/scale.ts";

test("an axis ends at a round number that is not below the greatest value", () => {
  const cases = [
    [0, 1],
    [1, 1],
    [1.2, 2],
    [2, 2],
    [3, 5],
    [9, 10],
    [10, 10],
    [11, 20],
    [499, 500],
    [501, 1000],
    [1e6 + 1, 2e6],
    [Number.NaN, 1],
  ];
  for (const [value, top] of cases) expect(ceiling(value ?? 0), String(value)).toBe(top);
});

test("what is not there is passed over", () => {
  expect(greatest([])).toBe(0);
  expect(greatest([null, 3, null, 7, 2])).toBe(7);
});

test("a line breaks where there is no value, and stays within its frame", () => {
  const found = runs([null, 0, 50, null, null, 100, 300], 100, 10);
  expect(found).toEqual([
    [
      { x: 1.5, y: 10 },
      { x: 2.5, y: 5 },
    ],
    [
      { x: 5.5, y: 0 },
      { x: 6.5, y: 0 },
    ],
  ]);
  expect(runs([null, null], 100, 10)).toEqual([]);
});

test("one value alone is seen too", () => {
  expect(pathThrough([])).toBe("");
  expect(pathThrough([{ x: 1.5, y: 5 }])).toMatch(/^M1\.1 5H1\.9$/);
  expect(
    pathThrough([
      { x: 0.5, y: 1 },
      { x: 1.5, y: 2 },
    ]),
  ).toBe("M0.5 1L1.5 2");
});
