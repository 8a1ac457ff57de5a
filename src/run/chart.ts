/**
 * Line charts as SVG text: no scripts, colours from the page's style.
 * @module
 */

/** One line or one row of points. `style` names its look; points with null break the line. */
export interface ChartSeries {
  name: string;
  /** Class of its colour. */
  tone: "world" | "tape";
  style: "line" | "dashed" | "points" | "stems";
  x: readonly number[];
  y: readonly (number | null)[];
}

export interface ChartSpec {
  title: string;
  /** What one sees, in a sentence. */
  note: string;
  xLabel: string;
  yLabel: string;
  xLog: boolean;
  yLog: boolean;
  series: readonly ChartSeries[];
}

const WIDTH = 560;
const HEIGHT = 300;
const LEFT = 58;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 44;
const TICKS = 6;

/** One axis: values to places, and its ticks. */
interface Axis {
  at(value: number): number;
  ticks: number[];
  /** Whether a value has a place. */
  has(value: number): boolean;
}

/** A figure element: title, note, legend and drawing. */
export function chartHtml(spec: ChartSpec): string {
  const xs = spec.series.flatMap((s) => [...s.x]);
  const ys = spec.series.flatMap((s) => s.y.filter((y): y is number => y !== null));
  const withStems = spec.series.some((s) => s.style === "stems");
  const x = axisOf(xs, spec.xLog, LEFT, WIDTH - RIGHT, false);
  const y = axisOf(ys, spec.yLog, HEIGHT - BOTTOM, TOP, withStems);
  const body = [...grid(x, y, spec), ...spec.series.map((s) => seriesSvg(s, x, y))].join("");
  const label = `${spec.title}: ${spec.note}`;
  return [
    `<figure><figcaption><b>${escapeHtml(spec.title)}</b> ${escapeHtml(spec.note)}</figcaption>`,
    `<p class="legend">${spec.series.map(legendOf).join("")}</p>`,
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(label)}">${body}</svg></figure>`,
  ].join("\n");
}

/** Text that may stand in HTML. */
export function escapeHtml(text: string): string {
  const names: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(/[&<>"]/g, (c) => names[c] as string);
}

function legendOf({ name, tone, style }: ChartSeries): string {
  return `<span class="${tone} ${style}">${escapeHtml(name)}</span>`;
}

function axisOf(values: readonly number[], log: boolean, from: number, to: number, withZero: boolean): Axis {
  const known = values.filter((v) => Number.isFinite(v) && (!log || v > 0));
  let low = Math.min(...known, ...(withZero ? [0] : []));
  let high = Math.max(...known, ...(withZero ? [0] : []));
  if (!(low < high)) {
    const middle = Number.isFinite(low) ? low : 1;
    low = log ? middle / 2 : middle - 1;
    high = log ? middle * 2 : middle + 1;
  }
  const scale = log ? Math.log10 : (v: number): number => v;
  const margin = log ? 0 : (high - low) / 40;
  const a = scale(low) - margin;
  const b = scale(high) + margin;
  return {
    at: (v) => from + ((scale(v) - a) / (b - a)) * (to - from),
    ticks: log ? logTicks(low, high) : linearTicks(low, high),
    has: (v) => Number.isFinite(v) && (!log || v > 0),
  };
}

/** Powers of ten, and 2 and 5 times them where few fit. */
function logTicks(low: number, high: number): number[] {
  const decades = Math.log10(high / low);
  const steps = decades > 4 ? [1] : decades > 2 ? [1, 3] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++)
    for (const step of steps) {
      const tick = step * 10 ** power;
      if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(tick);
    }
  return ticks;
}

function linearTicks(low: number, high: number): number[] {
  const rough = (high - low) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((s) => s * power >= rough) ?? 10) * power;
  const ticks: number[] = [];
  for (let k = Math.ceil(low / step); k * step <= high + step / 1e6; k++) ticks.push(k * step);
  return ticks;
}

function grid(x: Axis, y: Axis, spec: ChartSpec): string[] {
  const bottom = HEIGHT - BOTTOM;
  const parts: string[] = [];
  for (const tick of x.ticks) {
    const at = place(x.at(tick));
    parts.push(`<line class="grid" x1="${at}" x2="${at}" y1="${TOP}" y2="${bottom}"/>`);
    parts.push(`<text x="${at}" y="${bottom + 15}" text-anchor="middle">${tickText(tick)}</text>`);
  }
  for (const tick of y.ticks) {
    const at = place(y.at(tick));
    const look = tick === 0 && !spec.yLog ? "zero" : "grid";
    parts.push(`<line class="${look}" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}"/>`);
    parts.push(`<text x="${LEFT - 6}" y="${place(y.at(tick) + 4)}" text-anchor="end">${tickText(tick)}</text>`);
  }
  const middleX = (LEFT + WIDTH - RIGHT) / 2;
  const middleY = (TOP + bottom) / 2;
  parts.push(`<text x="${middleX}" y="${HEIGHT - 8}" text-anchor="middle">${escapeHtml(spec.xLabel)}</text>`);
  const turned = `transform="rotate(-90 13 ${middleY})"`;
  parts.push(`<text x="13" y="${middleY}" text-anchor="middle" ${turned}>${escapeHtml(spec.yLabel)}</text>`);
  return parts;
}

function seriesSvg(series: ChartSeries, x: Axis, y: Axis): string {
  const points = series.x.map((value, i) => {
    const height = series.y[i] ?? null;
    return height === null || !x.has(value) || !y.has(height) ? null : [place(x.at(value)), place(y.at(height))];
  });
  const { tone, style } = series;
  if (style === "points" || style === "stems") {
    const zero = place(y.at(0));
    const shift = tone === "world" ? -3 : 3;
    return points
      .flatMap((p) => (p === null ? [] : [p as [number, number]]))
      .map(([px, py]) => {
        const at = style === "stems" ? px + shift : px;
        const stem = style === "stems" ? `<line class="${tone}" x1="${at}" x2="${at}" y1="${zero}" y2="${py}"/>` : "";
        return `${stem}<circle class="${tone}" cx="${at}" cy="${py}" r="3.5"/>`;
      })
      .join("");
  }
  let path = "";
  let isOpen = false;
  for (const point of points) {
    path += point === null ? "" : `${isOpen ? "L" : "M"}${point[0]} ${point[1]}`;
    isOpen = point !== null;
  }
  return `<path class="${tone} ${style}" d="${path}"/>`;
}

const place = (value: number): number => Math.round(value * 10) / 10;

/** A tick in few characters: 20k, 0.05, 1e-4. */
function tickText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  if (size > 0 && size < 1e-3) return value.toExponential(0);
  return String(Number(value.toPrecision(3)));
}
