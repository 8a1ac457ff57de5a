/**
 * What every bench prints beside its figures, and how it measures.
 * @module
 */
import { cpus } from "node:os";

/** Machine and runtime, one line. */
export function conditions(): string {
  return `${cpus()[0]?.model.trim()}, ${process.platform} ${process.arch}, Bun ${Bun.version}`;
}

/** Middle of the values; NaN of none. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** Nanoseconds per call: the median of nine rounds after one to warm up. */
export function nanoseconds(calls: number, work: (calls: number) => void): number {
  work(calls);
  const rounds: number[] = [];
  for (let i = 0; i < 9; i++) {
    const start = Bun.nanoseconds();
    work(calls);
    rounds.push((Bun.nanoseconds() - start) / calls);
  }
  return rounds.sort((a, b) => a - b)[4] as number;
}
