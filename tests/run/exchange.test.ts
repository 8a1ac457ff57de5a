import { expect, test } from "bun:test";
import { speedNote } from "../../src/run/exchange.ts";

// Two days of lag, gained at speed - 1.
test.each([
  [2, "48 h"],
  [10, "5 h"],
  [100, "29 min"],
  [1e6, "1 min"],
])("at speed %d nonces by the clock are good for %s", (speed, span) => {
  expect(speedNote(speed)).toContain(`refused after ${span},`);
});
