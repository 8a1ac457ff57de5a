/**
 * What the venue says of addresses: whose they are, and which keys may sign for them.
 * @module
 */
import { z } from "zod";

const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/);

/** Answer to `userRole`. An expired or revoked agent is `missing`, as is an address that never had money. */
export const userRoleSchema = z.discriminatedUnion("role", [
  z.object({ role: z.literal("missing") }),
  z.object({ role: z.literal("user") }),
  z.object({ role: z.literal("vault") }),
  z.object({ role: z.literal("agent"), data: z.object({ user: address }) }),
  z.object({ role: z.literal("subAccount"), data: z.object({ master: address }) }),
]);

/** Answer to `extraAgents`: the named agents of an account; `validUntil` in milliseconds. The unnamed agent is not among them. */
export const extraAgentsSchema = z.array(z.object({ name: z.string(), address, validUntil: z.number().nullable() }));
