import { describe, expect, test } from "bun:test";
import { LifeBench } from "../../fixtures/order_life.ts";

/** What is asked: an order A of 10 that is placed, that rests and is replaced by B of 8, that rests and is cancelled. */
const ASKED = {
  place: ["place A 10"],
  modify: ["place A 10", "A resting", "modify A B 8"],
  cancel: ["place A 10", "A resting", "cancel A"],
} as const;
type Asked = keyof typeof ASKED;

const EVENTS = [
  "ack",
  "reject",
  "partial fill",
  "full fill",
  "venue cancel",
  "duplicate answer",
  "late answer",
  "lost",
  "out of order",
  "time-out that executed",
  "reconnect",
] as const;
type Event = (typeof EVENTS)[number];

/**
 * Scripts by what is asked and what happens: each line is what is told, then state, exposure and position after it. An exposure counts what
 * may still fill and what may have filled untold. Every script ends free or resting.
 */
const TABLE: Record<Asked, Record<Event, readonly (readonly string[])[]>> = {
  place: {
    ack: [["A resting > resting 10 0"]],
    reject: [["A rejected > empty 0 0"], ["A refused > empty 0 0"]],
    "partial fill": [["A resting > resting 10 0", "fill A 4 > resting 6 4", "fill A 5 > resting 1 9"]],
    "full fill": [
      ["A resting > resting 10 0", "fill A 10 > empty 0 10"],
      ["A filled > unknown 10 0", "fill A 4 > unknown 6 4", "fill A 6 > empty 0 10"],
      ["A resting > resting 10 0", "A filled > unknown 10 0", "A settled > empty 0 0"],
    ],
    "venue cancel": [
      ["A resting > resting 10 0", "A cancelled 10 > empty 0 0"],
      ["A resting > resting 10 0", "fill A 4 > resting 6 4", "A cancelled 6 > empty 0 4"],
      // The four that filled before are told after.
      ["A resting > resting 10 0", "A cancelled 6 > unknown 4 0", "fill A 4 > empty 0 4"],
    ],
    "duplicate answer": [
      ["A resting > resting 10 0", "A resting > resting 10 0"],
      ["A rejected > empty 0 0", "A rejected > empty 0 0"],
      [
        "A cancelled 6 > unknown 4 0",
        "A cancelled 6 > unknown 4 0",
        "fill A 4 > empty 0 4",
        "A cancelled 6 > empty 0 4",
      ],
      ["A resting > resting 10 0", "fill A 4 > resting 6 4", "fill A 4 again > resting 6 4"],
    ],
    "late answer": [
      ["A cancelled 10 > empty 0 0", "A resting > empty 0 0"],
      ["A resting > resting 10 0", "A timed_out > resting 10 0"],
      ["A resting > resting 10 0", "A rejected > resting 10 0", "A refused > resting 10 0"],
      ["A timed_out > unknown 10 0", "A settled > empty 0 0", "A rejected > empty 0 0"],
    ],
    lost: [
      ["A timed_out > unknown 10 0", "A resting > resting 10 0"],
      ["A timed_out > unknown 10 0", "A rejected > empty 0 0"],
      ["A timed_out > unknown 10 0", "A refused > empty 0 0"],
      ["A timed_out > unknown 10 0", "A cancelled 10 > empty 0 0"],
      [
        "A timed_out > unknown 10 0",
        "A cancelled ? > unknown 10 0",
        "A cancelled 7 > unknown 3 0",
        "fill A 3 > empty 0 3",
      ],
      ["A timed_out > unknown 10 0", "A filled > unknown 10 0", "fill A 10 > empty 0 10"],
      // A cancel of the edge's own found nothing: the place may still arrive.
      ["A timed_out > unknown 10 0", "A missing > unknown 10 0", "A settled > empty 0 0"],
      ["A timed_out > unknown 10 0", "A found > resting 10 0"],
    ],
    "out of order": [
      ["fill A 4 > resting 6 4", "A resting > resting 6 4"],
      ["fill A 10 > empty 0 10", "A filled > empty 0 10", "A resting > empty 0 10"],
      ["A filled > unknown 10 0", "A resting > unknown 10 0", "fill A 10 > empty 0 10"],
    ],
    "time-out that executed": [
      ["A timed_out > unknown 10 0", "fill A 4 > resting 6 4", "A resting > resting 6 4"],
      ["A timed_out > unknown 10 0", "fill A 10 > empty 0 10", "A settled > empty 0 10"],
    ],
    reconnect: [
      ["A timed_out > unknown 10 0", "fill A 4 > resting 6 4", "A cancelled 6 > empty 0 4", "A settled > empty 0 4"],
      ["A timed_out > unknown 10 0", "A settled > empty 0 0"],
      ["A timed_out > unknown 10 0", "A resting > resting 10 0"],
    ],
  },
  modify: {
    ack: [["B resting > modifying 18 0", "A cancelled 10 > resting 8 0"]],
    reject: [
      // The new order was refused after the old one was gone.
      ["B rejected > unknown 10 0", "A cancelled 10 > empty 0 0"],
      // The request was refused as a whole: the old order stands.
      ["B rejected > unknown 10 0", "A resting > resting 10 0"],
      ["B refused > resting 10 0"],
    ],
    "partial fill": [
      ["fill A 4 > modifying 14 4", "B resting > modifying 14 4", "A cancelled 6 > resting 8 4"],
      ["B resting > modifying 18 0", "A cancelled 6 > modifying 12 0", "fill A 4 > resting 8 4"],
      // The replacement trades before anything is said of it.
      ["fill B 3 > modifying 15 3", "A cancelled 10 > resting 5 3", "B resting > resting 5 3"],
    ],
    "full fill": [
      ["fill A 10 > modifying 8 10", "B missing > empty 0 10"],
      ["B missing > unknown 10 0", "fill A 4 > unknown 6 4", "fill A 6 > empty 0 10"],
      ["fill B 8 > unknown 10 8", "A cancelled 10 > empty 0 8", "B filled > empty 0 8"],
      ["B filled > modifying 18 0", "A cancelled 10 > unknown 8 0", "fill B 8 > empty 0 8"],
    ],
    "venue cancel": [
      ["A cancelled 10 > modifying 8 0", "B missing > empty 0 0"],
      ["B cancelled 8 > unknown 10 0", "A cancelled 10 > empty 0 0", "B resting > empty 0 0"],
      [
        "B resting > modifying 18 0",
        "B cancelled 5 > modifying 13 0",
        "A cancelled 10 > unknown 3 0",
        "fill B 3 > empty 0 3",
      ],
    ],
    "duplicate answer": [
      [
        "B resting > modifying 18 0",
        "B resting > modifying 18 0",
        "A cancelled 10 > resting 8 0",
        "A cancelled 10 > resting 8 0",
      ],
      ["B refused > resting 10 0", "B refused > resting 10 0"],
      ["B missing > unknown 10 0", "B missing > unknown 10 0", "A filled > unknown 10 0", "fill A 10 > empty 0 10"],
    ],
    "late answer": [
      [
        "A cancelled 10 > modifying 8 0",
        "B resting > resting 8 0",
        "A resting > resting 8 0",
        "B timed_out > resting 8 0",
      ],
      ["B resting > modifying 18 0", "A resting > modifying 18 0", "A cancelled 10 > resting 8 0"],
      [
        "A timed_out > modifying 18 0",
        "A rejected > modifying 18 0",
        "A cancelled 10 > modifying 8 0",
        "B resting > resting 8 0",
      ],
    ],
    lost: [
      ["B timed_out > unknown 18 0", "A cancelled 10 > unknown 8 0", "B resting > resting 8 0"],
      ["B timed_out > unknown 18 0", "B resting > unknown 18 0", "A cancelled 10 > resting 8 0"],
      ["B timed_out > unknown 18 0", "A resting > unknown 18 0", "B settled > resting 10 0"],
      ["B timed_out > unknown 18 0", "B settled > unknown 10 0", "A resting > resting 10 0"],
      ["B timed_out > unknown 18 0", "B refused > resting 10 0"],
      ["B timed_out > unknown 18 0", "B missing > unknown 10 0", "A settled > empty 0 0"],
      ["B timed_out > unknown 18 0", "B rejected > unknown 10 0", "A cancelled 10 > empty 0 0"],
      ["B timed_out > unknown 18 0", "A settled > unknown 8 0", "B settled > empty 0 0"],
      ["B settled > unknown 10 0", "A resting > resting 10 0"],
    ],
    "out of order": [
      ["A cancelled 10 > modifying 8 0", "B resting > resting 8 0", "B resting > resting 8 0"],
      ["fill B 8 > unknown 10 8", "B filled > unknown 10 8", "B resting > unknown 10 8", "A cancelled 10 > empty 0 8"],
      ["fill B 3 > modifying 15 3", "fill A 4 > modifying 11 7", "A cancelled 6 > resting 5 7"],
    ],
    "time-out that executed": [
      ["B timed_out > unknown 18 0", "fill B 3 > unknown 15 3", "A cancelled 10 > resting 5 3"],
      ["B timed_out > unknown 18 0", "fill A 10 > unknown 8 10", "B settled > empty 0 10"],
    ],
    reconnect: [
      ["B timed_out > unknown 18 0", "fill A 4 > unknown 14 4", "A settled > unknown 8 4", "B settled > empty 0 4"],
      ["B timed_out > unknown 18 0", "A settled > unknown 8 0", "fill B 2 > resting 6 2", "B resting > resting 6 2"],
    ],
  },
  cancel: {
    ack: [
      ["A cancelled 10 > empty 0 0"],
      // The reply says that it is done, the push how much was left.
      ["A cancelled ? > unknown 10 0", "A cancelled 10 > empty 0 0"],
    ],
    reject: [["A rejected > resting 10 0"], ["A refused > resting 10 0"]],
    "partial fill": [
      ["fill A 4 > cancelling 6 4", "A cancelled 6 > empty 0 4"],
      ["A cancelled 6 > unknown 4 0", "fill A 4 > empty 0 4"],
      ["A cancelled ? > unknown 10 0", "fill A 4 > unknown 6 4", "A cancelled 6 > empty 0 4"],
    ],
    "full fill": [
      ["fill A 10 > cancelling 0 10", "A missing > empty 0 10"],
      ["A missing > unknown 10 0", "fill A 4 > unknown 6 4", "fill A 6 > empty 0 10"],
      ["A filled > unknown 10 0", "A missing > unknown 10 0", "fill A 10 > empty 0 10"],
    ],
    "venue cancel": [["A missing > unknown 10 0", "A cancelled 10 > empty 0 0"]],
    "duplicate answer": [
      [
        "A cancelled 6 > unknown 4 0",
        "A cancelled ? > unknown 4 0",
        "A cancelled 6 > unknown 4 0",
        "fill A 4 > empty 0 4",
      ],
      ["A refused > resting 10 0", "A refused > resting 10 0"],
      ["A missing > unknown 10 0", "A missing > unknown 10 0", "A settled > empty 0 0", "A settled > empty 0 0"],
    ],
    "late answer": [
      ["A resting > cancelling 10 0", "A cancelled 10 > empty 0 0", "A resting > empty 0 0"],
      ["A timed_out > unknown 10 0", "A cancelled 10 > empty 0 0", "A missing > empty 0 0"],
    ],
    lost: [
      ["A timed_out > unknown 10 0", "A resting > resting 10 0"],
      ["A timed_out > unknown 10 0", "A refused > resting 10 0"],
      ["A timed_out > unknown 10 0", "A rejected > resting 10 0"],
      ["A timed_out > unknown 10 0", "A cancelled 10 > empty 0 0"],
      ["A timed_out > unknown 10 0", "A missing > unknown 10 0", "fill A 10 > empty 0 10"],
      ["A timed_out > unknown 10 0", "A filled > unknown 10 0", "fill A 10 > empty 0 10"],
      ["A timed_out > unknown 10 0", "fill A 4 > unknown 6 4", "A settled > empty 0 4"],
      ["fill A 10 > cancelling 0 10", "A timed_out > empty 0 10"],
    ],
    "out of order": [
      ["A filled > unknown 10 0", "fill A 10 > empty 0 10", "A missing > empty 0 10", "A resting > empty 0 10"],
      ["A cancelled 6 > unknown 4 0", "A resting > unknown 4 0", "fill A 4 > empty 0 4"],
    ],
    "time-out that executed": [
      ["A timed_out > unknown 10 0", "A cancelled 6 > unknown 4 0", "fill A 4 > empty 0 4", "A settled > empty 0 4"],
    ],
    reconnect: [
      ["A timed_out > unknown 10 0", "fill A 3 > unknown 7 3", "A resting > resting 7 3"],
      ["A timed_out > unknown 10 0", "fill A 3 > unknown 7 3", "A cancelled 7 > empty 0 3"],
    ],
  },
};

const rows = (Object.keys(TABLE) as Asked[]).flatMap((asked) =>
  EVENTS.flatMap((event) => TABLE[asked][event].map((script) => [asked, event, script.join(", "), script] as const)),
);

describe("what is asked, what happens, and what the slot holds after each word of it", () => {
  test.each(rows)("%s, %s: %s", (asked, _event, _text, script) => {
    const bench = new LifeBench();
    for (const line of ASKED[asked]) bench.say(line);
    for (const step of script) {
      const [line = "", after = ""] = step.split(" > ");
      bench.say(line);
      expect(`${line} > ${bench.picture}`).toBe(`${line} > ${after}`);
    }
    expect(bench.picture).toMatch(/^(empty 0|resting)/);
    expect(bench.unresolved).toEqual([]);
    expect(bench.slots.isEmpty).toBe(bench.picture.startsWith("empty"));
  });

  test("no pair of what is asked and what happens is left out", () => {
    for (const asked of Object.keys(ASKED) as Asked[])
      for (const event of EVENTS) expect(TABLE[asked][event].length).toBeGreaterThan(0);
  });
});
