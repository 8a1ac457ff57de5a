/**
 * The order in which fills happened: by time, and within one millisecond by the positions that they led from and to.
 * @module
 */
import type { FillFact } from "../../wire/hyperliquid/account_facts.ts";

/**
 * Fills in the order they happened.
 *
 * All fills of a block have one time. Each says the position before it, so those of a coin are steps of one walk: from the position before the
 * block, each step once (Hierholzer, 1873). Where the walk is ambiguous (bought, sold and bought the same again) every way comes to the same.
 * @param positionLots Position before the first of them, where it is known; else NaN.
 */
export function orderedFills(fills: readonly FillFact[], positionLots: (coin: string) => number): FillFact[] {
  const groups = new Map<string, FillFact[]>();
  for (const fill of [...fills].sort((a, b) => a.timeUs - b.timeUs)) {
    const key = `${fill.timeUs} ${fill.coin}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [fill]);
    else group.push(fill);
  }
  return [...groups.values()].flatMap((group) => (group.length === 1 ? group : walk(group, positionLots)));
}

const endOf = (fill: FillFact): number => fill.startLots + fill.side * fill.lots;

function walk(group: readonly FillFact[], positionLots: (coin: string) => number): FillFact[] {
  const coin = (group[0] as FillFact).coin;
  // Lots of a coin that is not followed are not known: the venue's own order is all there is.
  if (group.some((fill) => Number.isNaN(endOf(fill)))) return [...group];
  const steps = new Map<number, FillFact[]>();
  const excess = new Map<number, number>();
  for (const fill of group) {
    const from = steps.get(fill.startLots);
    if (from === undefined) steps.set(fill.startLots, [fill]);
    else from.push(fill);
    excess.set(fill.startLots, (excess.get(fill.startLots) ?? 0) + 1);
    excess.set(endOf(fill), (excess.get(endOf(fill)) ?? 0) - 1);
  }
  // Steps that lead nowhere else begin a walk; where fills between are missing there are several. Then whatever goes round in circles.
  const heads = [...excess].filter(([, count]) => count > 0).map(([lots]) => lots);
  const known = positionLots(coin);
  const starts = heads.length > 0 ? heads : steps.has(known) ? [known] : [];
  const path: FillFact[] = [];
  for (const start of [...starts, ...steps.keys()]) path.push(...walkFrom(start, steps));
  return path;
}

/** Takes every step that can be reached from `start`, in walking order. */
function walkFrom(start: number, steps: Map<number, FillFact[]>): FillFact[] {
  const stack: (FillFact | null)[] = [null];
  const path: FillFact[] = [];
  while (stack.length > 0) {
    const last = stack[stack.length - 1] as FillFact | null;
    const next = steps.get(last === null ? start : endOf(last))?.shift();
    if (next !== undefined) {
      stack.push(next);
      continue;
    }
    stack.pop();
    if (last !== null) path.push(last);
  }
  return path.reverse();
}
