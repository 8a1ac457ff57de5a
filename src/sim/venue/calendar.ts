/**
 * Days and months from counted days, without a clock's help.
 * @module
 */

export interface CivilDay {
  year: number;
  /** 1 to 12. */
  month: number;
  day: number;
}

/** Date of a day counted from 1 January 1970 (Gregorian, eras of 400 years; H. Hinnant's civil_from_days). */
export function civilOf(dayCount: number): CivilDay {
  const z = dayCount + 719_468;
  const era = Math.floor(z / 146_097);
  const ofEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1_460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  // Months from March: the leap day is the last of the year.
  const fromMarch = Math.floor((5 * ofYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const day = ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

/** Day count of the first of a day's month. */
export const monthStartDay = (dayCount: number): number => dayCount - civilOf(dayCount).day + 1;

/** `2026-08-17`. */
export function formatDay(dayCount: number): string {
  const { year, month, day } = civilOf(dayCount);
  return `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}
