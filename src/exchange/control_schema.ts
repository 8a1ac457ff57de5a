/**
 * The language of `POST /control`: one JSON object a request, what it may hold, and what is wrong with one that does not fit.
 * @module
 */
import { z } from "zod";
import { nearest } from "../core/nearest.ts";
import { FAULT_KINDS } from "../sim/fault.ts";

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, "is 0x and 40 hexadecimal digits")
  .toLowerCase();
const decimal = z.string().regex(/^\d{1,12}(\.\d{1,6})?$/, 'is a decimal in quotes, as "1.5"');
const coin = z.string().min(1);
const usd = z.number().min(0).max(10_000_000);
const count = z.int().min(0).max(1e12);

/** Every verb with what follows it. Money is in dollars, times in ms of venue time. */
const VERBS = {
  step: z.strictObject({ do: z.literal("step"), blocks: z.int().min(1).max(10_000_000) }),
  jump: z.strictObject({
    do: z.literal("jump"),
    ms: z
      .int()
      .min(1)
      .max(366 * 86_400_000),
  }),
  disconnect: z.strictObject({ do: z.literal("disconnect") }),
  fault: z.strictObject({
    do: z.literal("fault"),
    kind: z.enum([...FAULT_KINDS, "timeout"]),
    on: z.string().min(1).optional(),
    direction: z.enum(["in", "out"]).optional(),
    chance: z.number().gt(0).max(1).optional(),
    count: z.int().min(1).max(1e9).optional(),
    ms: z.int().min(1).max(86_400_000).optional(),
    status: z.union([z.literal(429), z.int().min(500).max(599)]).optional(),
    executed: z.boolean().optional(),
  }),
  clear: z.strictObject({ do: z.literal("clear") }),
  halt: z.strictObject({ do: z.literal("halt"), coin, halted: z.boolean() }),
  fees: z.strictObject({
    do: z.literal("fees"),
    coin,
    scale: decimal.nullable().optional(),
    growth: z.boolean().optional(),
  }),
  delist: z.strictObject({ do: z.literal("delist"), coin }),
  oracle: z.strictObject({ do: z.literal("oracle"), coin, px: decimal }),
  fund: z.strictObject({ do: z.literal("fund"), address, usd, dex: z.string().optional() }),
  volume: z.strictObject({ do: z.literal("volume"), address, usd: z.number().min(0).max(9e9) }),
  requests: z.strictObject({ do: z.literal("requests"), address, used: count, reserved: count.optional() }),
  state: z.strictObject({ do: z.literal("state") }),
} as const;

type Verbs = typeof VERBS;
/** One checked command. */
export type ControlCommand = { [V in keyof Verbs]: z.infer<Verbs[V]> }[keyof Verbs];
export type FaultCommand = z.infer<Verbs["fault"]>;

/** The command of a body, or what is wrong with it, in one line. */
export function parseControl(body: string): ControlCommand | string {
  let raw: unknown;
  try {
    raw = JSON.parse(body);
  } catch {
    return "not JSON";
  }
  const verb = (raw as { do?: unknown } | null)?.do;
  const names = Object.keys(VERBS);
  if (typeof verb !== "string" || !Object.hasOwn(VERBS, verb)) {
    const near = typeof verb === "string" ? nearest(verb, names) : "";
    return `do is one of ${names.join(", ")}${near === "" ? "" : `: did you mean ${near}?`}`;
  }
  const schema: z.ZodType = VERBS[verb as keyof Verbs];
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data as ControlCommand;
  const issue = parsed.error.issues[0] as z.core.$ZodIssue;
  const known = Object.keys(VERBS[verb as keyof Verbs].shape).filter((key) => key !== "do");
  if (issue.code === "unrecognized_keys")
    return `${verb}: unknown key ${issue.keys[0]} (known: ${known.join(", ") || "none"})`;
  const message = issue.message.replace(/^Invalid input: /, "").replace(/^expected/, "is not: expected");
  return `${verb}: ${issue.path.join(".")} ${message}`;
}
