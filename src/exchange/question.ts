/**
 * A question to `POST /info`: which fields it must have, and what is answered.
 * @module
 */
import { CANDLE_INTERVALS } from "../sim/venue/candle.ts";
import type { View } from "./topic.ts";

/** Fields of a question, read and checked. Only those that its entry lists are there. */
export interface Asked {
  user: string;
  builder: string;
  coin: string;
  dex: string;
  /** Order id, or client id in lower case. */
  oid: number | string;
  id: number;
  nSigFigs: number | null;
  mantissa: number | null;
  aggregateByTime: boolean;
  reversed: boolean;
  startTime: number;
  endTime: number;
  req: { coin: string; interval: string; startTime: number; endTime: number };
}

export interface Question {
  fields: readonly (keyof Asked)[];
  answer(view: View, asked: Asked): unknown;
}

/** Questions by their type. */
export type Questions = { readonly [type: string]: Question };

/** Answered with HTTP 500 and `null`: readable, but about nothing that exists (seen for unknown coins and dexs, 2026). */
export const BAD_VALUE = Symbol("bad value");
const UNREADABLE = Symbol("unreadable");

const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const CLOID = /^0x[0-9a-fA-F]{32}$/;
const INTERVALS: ReadonlySet<string> = new Set(CANDLE_INTERVALS.map((i) => i.name));

type Read = (value: unknown) => unknown;
const address: Read = (v) => (typeof v === "string" && ADDRESS.test(v) ? v.toLowerCase() : UNREADABLE);
const text: Read = (v) => (typeof v === "string" ? v : UNREADABLE);
const optional =
  (fallback: unknown, read: Read): Read =>
  (v) =>
    v == null ? fallback : read(v);
const whole: Read = (v) => (Number.isSafeInteger(v) && (v as number) >= 0 ? v : UNREADABLE);
const flag: Read = (v) => (typeof v === "boolean" ? v : UNREADABLE);
const oid: Read = (v) => (typeof v === "string" ? (CLOID.test(v) ? v.toLowerCase() : UNREADABLE) : whole(v));

const READ: { readonly [K in keyof Asked]: Read } = {
  user: address,
  builder: address,
  coin: text,
  dex: optional("", text),
  oid,
  id: whole,
  nSigFigs: optional(null, whole),
  mantissa: optional(null, whole),
  aggregateByTime: optional(false, flag),
  reversed: optional(false, flag),
  startTime: optional(0, whole),
  endTime: optional(Number.MAX_SAFE_INTEGER, whole),
  req: readRange,
};

function readRange(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return UNREADABLE;
  const asked = value as { [key: string]: unknown };
  const { coin, interval } = asked;
  const startTime = whole(asked.startTime);
  const endTime = READ.endTime(asked.endTime);
  const isRange = typeof coin === "string" && typeof interval === "string" && INTERVALS.has(interval);
  return isRange && startTime !== UNREADABLE && endTime !== UNREADABLE
    ? { coin, interval, startTime, endTime }
    : UNREADABLE;
}

/** The fields of a question, or null when one is missing or of another kind. */
export function readAsked(question: Question, body: { readonly [key: string]: unknown }): Asked | null {
  const asked: { [key: string]: unknown } = {};
  for (const field of question.fields) {
    const value = READ[field](body[field]);
    if (value === UNREADABLE) return null;
    asked[field] = value;
  }
  return asked as unknown as Asked;
}
