/**
 * Settings of the whole process rather than of one market: how journals are cut and kept.
 * @module
 */

/** One such setting. Outside units only: the core never sees them. */
export interface RunSetting {
  /** Name in files, flags and environment. */
  key: string;
  value: number;
  min: number;
  max: number;
  integer: true;
  meaning: string;
}

export const RUN_SETTINGS: readonly RunSetting[] = [
  {
    key: "journal_rotate_mb",
    value: 64,
    min: 1,
    max: 1024,
    integer: true,
    meaning: "size at which a new segment of the journal begins",
  },
  {
    key: "journal_rotate_minutes",
    value: 60,
    min: 1,
    max: 1440,
    integer: true,
    meaning: "time after which a new segment of the journal begins",
  },
  {
    key: "journal_keep_mb",
    value: 4096,
    min: 16,
    max: 1_048_576,
    integer: true,
    meaning: "the oldest segments of all runs go when they take more than this",
  },
  {
    key: "journal_keep_days",
    value: 7,
    min: 1,
    max: 3650,
    integer: true,
    meaning: "segments older than this go",
  },
];

/** What holds for a run. */
export interface RunSettings {
  values: Readonly<Record<string, number>>;
  origins: Readonly<Record<string, string>>;
}
