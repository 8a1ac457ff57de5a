import { expect, test } from "bun:test";
import { Client } from "../../src/exchange/connections.ts";
import { Publisher } from "../../src/exchange/publisher.ts";
import { parseSubscription, type Subscription } from "../../src/exchange/subscription.ts";
import { Desk, ONE } from "../fixtures/exchange.ts";

test("a topic lasts as long as somebody listens, and its snapshot is for who comes", () => {
  const desk = new Desk();
  const publisher = new Publisher({ venue: desk.bench.venue, history: desk.exchange.history });
  const heard: string[][] = [[], []];
  const clients = heard.map(
    (texts) => new Client({ send: (text) => texts.push(text), drop: () => {} }, desk.exchange),
  ) as [Client, Client];
  const asked = [
    { type: "bbo", coin: "AAA" },
    { type: "l2Book", coin: "AAA", nSigFigs: 5 },
    { type: "allMids" },
    { type: "userFills", user: ONE },
    { type: "activeAssetData", user: ONE, coin: "AAA" },
  ].map((wire) => parseSubscription(wire) as Subscription);
  const each = (client: Client, what: "subscribe" | "unsubscribe"): void => {
    for (const subscription of asked) publisher[what](client, subscription, JSON.stringify(subscription));
  };
  each(clients[0], "subscribe");
  each(clients[1], "subscribe");
  expect([publisher.topicCount, ...heard.map((texts) => texts.length)]).toEqual([5, 5, 5]);
  each(clients[0], "unsubscribe");
  each(clients[0], "unsubscribe");
  expect(publisher.topicCount).toBe(5);
  each(clients[1], "unsubscribe");
  expect(publisher.topicCount).toBe(0);
});
