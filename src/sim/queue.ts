/**
 * Queue position on a book that shows sizes and not orders: where a cancel happened is a model.
 * @module
 */
import type { Lots } from "../core/units.ts";

/** Probability that a cancel at our level was behind us, given the sizes in front and behind. */
export type QueueModel = (front: number, back: number) => number;

/** Every cancel is behind us: only trades advance the order. */
export const riskAverse: QueueModel = () => 1;

/** b^n / (b^n + f^n). */
export function powerProb(n: number): QueueModel {
  return (front, back) => {
    if (front <= 0) return 1;
    return back ** n / (back ** n + front ** n);
  };
}

/** b^n / (b + f)^n. */
export function powerProb2(n: number): QueueModel {
  return (front, back) => (front + back === 0 ? 1 : (back / (back + front)) ** n);
}

/** 1 - (f / (f + b))^n. */
export function powerProb3(n: number): QueueModel {
  return (front, back) => (front + back === 0 ? 1 : 1 - (front / (front + back)) ** n);
}

/** ln(1 + b) / (ln(1 + b) + ln(1 + f)). */
export const logProb: QueueModel = (front, back) =>
  front <= 0 ? 1 : Math.log1p(back) / (Math.log1p(back) + Math.log1p(front));

/** ln(1 + b) / ln(1 + b + f). */
export const logProb2: QueueModel = (front, back) =>
  front + back === 0 ? 1 : Math.log1p(back) / Math.log1p(back + front);

/**
 * Size in front after the level went from `prev` to `next` while `traded` printed at it.
 *
 * What traded is taken off first, so that one trade is not counted as print and as shrinkage. The rest is cancels, split by the model; they
 * never fill an order, so the result is at least 0, and never more than what is left of the level.
 * Source: hftbacktest's probability queue models; Rigtorp (2013), "Estimating order queue position".
 */
export function advanceFront(front: number, prev: Lots, next: Lots, traded: Lots, model: QueueModel): number {
  const cancelled = prev - next - traded;
  if (cancelled < 0) return Math.min(front, next);
  const back = prev - front;
  const behind = model(front, Math.max(0, back));
  const moved = front - (1 - behind) * cancelled + Math.min(back - behind * cancelled, 0);
  return Math.max(0, Math.min(moved, next));
}
