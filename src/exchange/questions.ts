/**
 * Answers to `POST /info` out of a venue's state.
 * @module
 */
import { ACCOUNT_QUESTIONS } from "./info_account.ts";
import { MARKET_QUESTIONS } from "./info_market.ts";
import { ORDER_QUESTIONS } from "./info_orders.ts";
import { BAD_VALUE, type Question, readAsked } from "./question.ts";
import type { View } from "./topic.ts";
import { type HttpReply, jsonReply, UNREADABLE } from "./wire.ts";

const QUESTIONS: ReadonlyMap<string, Question> = new Map(
  [MARKET_QUESTIONS, ORDER_QUESTIONS, ACCOUNT_QUESTIONS].flatMap((part) => Object.entries(part)),
);

/** Every type of question that is answered. */
export const QUESTION_TYPES: readonly string[] = [...QUESTIONS.keys()];

const NOTHING_THERE: HttpReply = { status: 500, contentType: "application/json", text: "null" };

/** An answer, and how many items it holds, which its weight depends on. */
export interface Answer {
  reply: HttpReply;
  itemCount: number;
}

const UNREAD: Answer = { reply: UNREADABLE, itemCount: 0 };

/** Answers a question that is parsed already. What the venue does not know is refused in its words. */
export function answerQuestion(view: View, body: unknown): Answer {
  const type = typeOf(body);
  const question = type === null ? undefined : QUESTIONS.get(type);
  if (question === undefined) return UNREAD;
  const asked = readAsked(question, body as { [key: string]: unknown });
  if (asked === null) return UNREAD;
  const answer = question.answer(view, asked);
  if (answer === BAD_VALUE) return { reply: NOTHING_THERE, itemCount: 0 };
  return { reply: jsonReply(JSON.stringify(answer)), itemCount: Array.isArray(answer) ? answer.length : 0 };
}

/** Type of a question or null for what is none. */
export function typeOf(body: unknown): string | null {
  const type = (body as { type?: unknown } | null | undefined)?.type;
  return typeof type === "string" ? type : null;
}
