/// <reference lib="dom" />
/**
 * Bar and line charts, as inline SVG.
 *
 * @module
 */
import { svg } from "./dom.ts";

/** A named value. */
export interface Bar {
  readonly name: string;
  readonly value: number;
}

/** How many bars are drawn; the table has all. */
const MOST = 40;

/**
 * Draws values: a line if their names are times, and bars if not.
 *
 * @param bars The values.
 * @param shown Writes a value.
 * @param options Whether names are times, and their order.
 */
export function chart(
  bars: readonly Bar[],
  shown: (value: number) => string,
  { isTime, compare }: {
    readonly isTime: boolean;
    readonly compare: (a: string, b: string) => number;
  },
): SVGElement {
  const width = Math.max(280, Math.min(document.body.clientWidth - 32, 960));
  return isTime
    ? line(
      bars.filter(({ name }) => /\d/.test(name))
        .toSorted((a, b) => compare(a.name, b.name)).slice(-MOST),
      shown,
      width,
    )
    : rows(bars.slice(0, MOST), shown, width);
}

function frame(
  width: number,
  height: number,
  bars: readonly Bar[],
  shown: (value: number) => string,
  ...children: readonly SVGElement[]
): SVGElement {
  const told = bars.map(({ name, value }) => `${name}: ${shown(value)}`);
  return svg("svg", {
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: "img",
    "aria-label": told.join(", "),
  }, ...children);
}

/** Bars from left to right, each with its name and value. */
function rows(
  bars: readonly Bar[],
  shown: (value: number) => string,
  width: number,
): SVGElement {
  const rowHeight = 30;
  const names = Math.min(
    width * 0.38,
    12 + 7.2 * Math.max(...bars.map(({ name }) => name.length)),
  );
  const space = width - names - 92;
  const values = bars.map(({ value }) => value);
  const low = Math.min(0, ...values);
  const scale = space / (Math.max(0, ...values) - low || 1);
  const zero = names - low * scale;
  const most = Math.floor(names / 7.2) - 1;
  return frame(
    width,
    bars.length * rowHeight,
    bars,
    shown,
    ...bars.flatMap(({ name, value }, i) => {
      const y = i * rowHeight;
      const length = Math.max(2, Math.abs(value) * scale);
      return [
        svg(
          "text",
          { class: "name", x: 0, y: y + 19 },
          name.length > most ? `${name.slice(0, most)}…` : name,
          svg("title", {}, name),
        ),
        svg("rect", {
          class: "bar",
          x: value < 0 ? zero - length : zero,
          y: y + 5,
          width: length,
          height: rowHeight - 10,
          rx: 4,
        }),
        svg("text", {
          class: "value",
          x: (value < 0 ? zero : zero + length) + 8,
          y: y + 19,
        }, shown(value)),
      ];
    }),
  );
}

/** A line over time. */
function line(
  bars: readonly Bar[],
  shown: (value: number) => string,
  width: number,
): SVGElement {
  const [height, left, right, top, bottom] = [220, 64, 24, 16, 30];
  const values = bars.map(({ value }) => value);
  const low = Math.min(0, ...values);
  const high = Math.max(...values, low + 1);
  const x = (i: number) =>
    left +
    (width - left - right) * (bars.length < 2 ? 0.5 : i / (bars.length - 1));
  const y = (value: number) =>
    top + (height - top - bottom) * (1 - (value - low) / (high - low));
  const points = bars.map(({ value }, i) =>
    `${x(i).toFixed(1)},${y(value).toFixed(1)}`
  );
  const every = Math.ceil(bars.length / Math.max(2, Math.floor(width / 84)));
  return frame(
    width,
    height,
    bars,
    shown,
    ...[0, 0.5, 1].flatMap((part) => {
      const value = low + (high - low) * part;
      return [
        svg("line", {
          class: "grid",
          x1: left,
          x2: width - right,
          y1: y(value),
          y2: y(value),
        }),
        svg("text", {
          class: "value end",
          x: left - 8,
          y: y(value) + 4,
        }, shown(value)),
      ];
    }),
    svg("polygon", {
      class: "area",
      points: [
        `${x(0)},${y(low)}`,
        ...points,
        `${x(bars.length - 1)},${y(low)}`,
      ]
        .join(" "),
    }),
    svg("polyline", { class: "line", points: points.join(" ") }),
    ...bars.flatMap(({ name, value }, i) => [
      svg(
        "circle",
        { class: "dot", cx: x(i), cy: y(value), r: 3.5 },
        svg("title", {}, `${name}: ${shown(value)}`),
      ),
      ...(i % every === 0
        ? [svg("text", { class: "value middle", x: x(i), y: height - 8 }, name)]
        : []),
    ]),
  );
}
