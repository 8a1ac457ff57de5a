/**
 * When a market's underlying is closed.
 * @module
 */
import type { HoursSpec } from "./spec.ts";

const MS_PER_HOUR = 3_600_000;
const HOURS_PER_DAY = 24;
const HOURS_PER_WEEK = 7 * HOURS_PER_DAY;
/** The epoch began on a Thursday: hours from Monday 0:00 to it. */
const EPOCH_HOUR = 3 * HOURS_PER_DAY;
const FRIDAY = 4;
const SUNDAY = 6;

/** Whether it is closed at a time, UTC milliseconds. With equal hours it is never closed, but for a weekend from Friday's close to Sunday's opening. */
export function isClosed(hours: HoursSpec, timeMs: number): boolean {
  const { closeHour, openHour, weekend } = hours;
  const weekHour = (timeMs / MS_PER_HOUR + EPOCH_HOUR) % HOURS_PER_WEEK;
  const hour = weekHour % HOURS_PER_DAY;
  if (weekend && weekHour >= FRIDAY * HOURS_PER_DAY + closeHour && weekHour < SUNDAY * HOURS_PER_DAY + openHour)
    return true;
  return closeHour <= openHour ? hour >= closeHour && hour < openHour : hour >= closeHour || hour < openHour;
}
