/**
 * The figures of a market's profile: their names, their units, and which of them a simulated market must meet.
 * @module
 */

import { DEPTH_BPS } from "./market_record.ts";

/** Depths that impact is fitted beyond, basis points, and horizons, seconds. */
export const IMPACT_DEPTHS_BPS = [0, 2, 4, 8] as const;
export const IMPACT_SECONDS = [1, 5, 30] as const;
/** Depths that the tail is fitted beyond, basis points: outside the touch of liquid markets, and of thin ones. */
export const TAIL_BPS = [0.5, 1, 2] as const;
export const SIGN_LAGS = 10;

/** One figure of a profile. */
export interface FigureSpec {
  /** Key in JSON. */
  key: string;
  label: string;
  unit: "bps" | "$" | "/s" | "s" | "ratio" | "";
  group: string;
  /** Whether a calibrated world must meet it. */
  counts: boolean;
  /** Where it says something only outside the touch: the depth that half the target's touch must be below, basis points. */
  beyondBps: number | null;
  /** Whether tables for people show it. */
  shown: boolean;
}

type Row = [key: string, label: string, unit: FigureSpec["unit"], counts?: boolean, shown?: boolean];

const inGroup = (group: string, rows: readonly Row[]): FigureSpec[] =>
  rows.map(([key, label, unit, counts = true, shown = true]) => {
    const beyond = /^(?:beyond|kappa|cv|shape)_([\d.]+)bps$/.exec(key)?.[1];
    return { key, label, unit, group, counts, beyondBps: beyond === undefined ? null : Number(beyond), shown };
  });

const SIZES: readonly Row[] = [
  ["trade_usd_median", "trade, median", "$"],
  ["trade_usd_mean", "trade, mean", "$"],
  ["trade_usd_p90", "trade, p90", "$"],
  ["trade_usd_p99", "trade, p99", "$"],
  ["sweep_usd_median", "sweep, median", "$"],
  ["sweep_usd_mean", "sweep, mean", "$"],
  ["sweep_usd_p90", "sweep, p90", "$"],
  ["sweep_usd_p99", "sweep, p99", "$"],
];

/** Shapes of half a basis point do not count: there a price step more or less puts sweeps on the threshold itself, which reads as a heavy tail. */
const TAILS: readonly Row[] = TAIL_BPS.flatMap((bps): Row[] => {
  const isMain = bps !== 1;
  return [
    [`beyond_${bps}bps`, `beyond ${bps} bps`, "ratio", isMain, isMain],
    [`kappa_${bps}bps`, `kappa beyond ${bps} bps`, "", isMain, isMain],
    [`cv_${bps}bps`, `cv beyond ${bps} bps`, "", isMain, isMain],
    [`shape_${bps}bps`, `Pareto shape beyond ${bps} bps`, "", bps === 2, isMain],
  ];
});

/** Offset a, slope phi, and the slope through the origin, by depth and horizon. */
const IMPACT: readonly Row[] = IMPACT_DEPTHS_BPS.flatMap((d) =>
  IMPACT_SECONDS.flatMap((h): Row[] => {
    const at = `D > ${d} bps, ${h} s`;
    return [
      [`phi_${d}bps_${h}s`, `phi, ${at}`, "ratio"],
      [`a_${d}bps_${h}s`, `a, ${at}`, "bps"],
      [`origin_${d}bps_${h}s`, `phi through 0, ${at}`, "ratio"],
    ];
  }),
);

const SIGNS: readonly Row[] = Array.from(
  { length: SIGN_LAGS },
  (_, i): Row => [`sign_lag_${i + 1}`, `sign, lag ${i + 1}`, "ratio", i === 0, i < 3 || i === SIGN_LAGS - 1],
);

/** Every figure, in the order of tables. */
export const FIGURES: readonly FigureSpec[] = [
  ...inGroup("touch spread", [
    ["spread_time_median", "by time, median", "bps"],
    ["spread_time_mean", "by time, mean", "bps"],
    ["spread_time_p99", "by time, p99", "bps"],
    ["spread_event_median", "by event, median", "bps", false],
    ["spread_event_mean", "by event, mean", "bps", false],
    ["touches_per_s", "changes of the touch", "/s", false],
  ]),
  ...inGroup("flow", [
    ["trades_per_s", "trades", "/s"],
    ["sweeps_per_s", "sweeps", "/s"],
    ["fano_10s", "Fano factor, sweeps in 10 s", ""],
    ["gap_median", "gap between sweeps, median", "s"],
    ["gap_p99", "gap, p99", "s"],
    ["gap_longest", "gap, longest", "s", false],
    ["gap_long_ratio", "time in gaps over 60 s", "ratio", false],
    ...SIGNS,
  ]),
  ...inGroup("size", SIZES),
  ...inGroup("mid", [
    ["mid_sd_1s", "sd over 1 s", "bps"],
    ["mid_sd_5s", "sd over 5 s", "bps"],
    ["variance_ratio", "variance ratio, 5 s to 0.3 s", "ratio"],
  ]),
  ...inGroup("sweep depth", [
    ["touch_mass", "stop at the touch", "ratio"],
    ["kappa_all", "kappa of all, from the touch", "", false],
    ...TAILS,
  ]),
  ...inGroup("impact", [...IMPACT, ["taker_markout_5s", "taker markout, 5 s", "bps"]]),
  ...inGroup(
    "depth of book",
    DEPTH_BPS.map((bps): Row => [`depth_usd_${bps}bps`, `within ${bps} bps`, "$"]),
  ),
];
