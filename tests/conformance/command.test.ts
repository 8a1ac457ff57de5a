/**
 * `mmbin exchange` as a process of its own, on the wall clock at five times speed, with its own participants: third-party clients start, trade,
 * lose the connection and a reply, and go on.
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import {
  ExchangeClient,
  HttpRequestError,
  HttpTransport,
  InfoClient,
  SubscriptionClient,
  WebSocketTransport,
} from "@nktkas/hyperliquid";
import { formatPrice } from "@nktkas/hyperliquid/utils";
import { privateKeyToAccount } from "viem/accounts";
import { ccxtAt } from "../fixtures/ccxt.ts";
import { until } from "../fixtures/loopback_exchange.ts";
import { limit, nextCloid } from "../fixtures/nktkas.ts";

const enabled = process.env.MMBIN_PROCESS_TESTS === "1";
const root = join(import.meta.dir, "..", "..");
const HYPE = 2;

interface Started {
  url: string;
  ws: string;
  keys: { key: `0x${string}`; address: `0x${string}` }[];
  chain: "Mainnet" | "Testnet";
}

describe.skipIf(!enabled)("mmbin exchange with third-party clients (needs MMBIN_PROCESS_TESTS=1)", () => {
  let child: Bun.Subprocess<"ignore", "pipe", "ignore">;
  let started: Started;

  beforeAll(async () => {
    const args = ["exchange", "--port", "0", "--json", "--quiet", "--control", "--speed", "5", "--seed", "3"];
    child = Bun.spawn([process.execPath, join(root, "src", "main.ts"), ...args], {
      env: {
        PATH: process.env.PATH ?? "",
        HOME: process.env.HOME ?? "",
        XDG_STATE_HOME: process.env.XDG_STATE_HOME ?? "",
      },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "ignore",
    });
    const { value } = await child.stdout.getReader().read();
    started = JSON.parse(new TextDecoder().decode(value)) as Started;
  }, 30_000);
  afterAll(async () => {
    child.kill("SIGKILL");
    await child.exited;
  });

  const control = async (command: object): Promise<unknown> => {
    const response = await fetch(`${started.url}/control`, { method: "POST", body: JSON.stringify(command) });
    expect(response.status).toBe(200);
    return response.json();
  };
  const clients = (timeout = 10_000) => {
    const transport = new HttpTransport({ apiUrl: started.url, isTestnet: true, timeout });
    const wallet = privateKeyToAccount(started.keys[0]?.key ?? "0x");
    const user = wallet.address.toLowerCase() as `0x${string}`;
    return { info: new InfoClient({ transport }), exchange: new ExchangeClient({ transport, wallet }), user };
  };
  /** A price a per cent under the market. */
  async function lowPx(): Promise<string> {
    const book = await clients().info.l2Book({ coin: "HYPE" });
    return formatPrice(Number(book?.levels[0][0]?.px ?? 0) * 0.99, 2);
  }

  test("the participants quote both sides and trade", async () => {
    const transport = new WebSocketTransport({ url: started.ws, isTestnet: true });
    const subs = new SubscriptionClient({ transport });
    let [isQuoted, tradeCount] = [false, 0];
    await subs.bbo({ coin: "HYPE" }, (data) => {
      isQuoted = data.bbo[0] !== null && data.bbo[1] !== null;
    });
    await subs.trades({ coin: "HYPE" }, (data) => {
      tradeCount += data.length;
    });
    await until("both sides are quoted", () => isQuoted);
    await until("somebody traded", () => tradeCount > 0, 15_000);
    await transport.close();
  }, 20_000);

  test("an order rests, is pushed, and survives a lost connection that the client repairs", async () => {
    const { info, exchange, user } = clients();
    const transport = new WebSocketTransport({ url: started.ws, isTestnet: true, reconnect: { reconnectionDelay: 1 } });
    const subs = new SubscriptionClient({ transport });
    const updates: string[] = [];
    await subs.orderUpdates({ user }, (data) => updates.push(...data.map((u) => `${u.status} ${u.order.cloid}`)));
    let touchCount = 0;
    await subs.bbo({ coin: "HYPE" }, () => {
      touchCount += 1;
    });
    const [one, two] = [nextCloid(), nextCloid()];
    await exchange.order({
      orders: [limit(HYPE, true, await lowPx(), "1", { tif: "Alo", cloid: one })],
      grouping: "na",
    });
    await until("the order is pushed", () => updates.includes(`open ${one}`));
    let opened = 0;
    (transport.socket as unknown as EventTarget).addEventListener("open", () => {
      opened += 1;
    });
    await control({ do: "disconnect" });
    await until("connected again", () => opened > 0);
    expect((await info.openOrders({ user })).map((o) => o.cloid)).toEqual([one]);
    // The client subscribes again by itself, in the order of before: where touches come, order updates come.
    const touchesBefore = touchCount;
    await until("subscribed again", () => touchCount > touchesBefore + 1, 10_000);
    await exchange.order({
      orders: [limit(HYPE, true, await lowPx(), "2", { tif: "Alo", cloid: two })],
      grouping: "na",
    });
    await until("the next order is pushed", () => updates.includes(`open ${two}`));
    await exchange.cancelByCloid({ cancels: [one, two].map((cloid) => ({ asset: HYPE, cloid })) });
    await until("both ends are pushed", () => updates.filter((u) => u.startsWith("canceled")).length === 2);
    await transport.close();
  }, 20_000);

  test("a reply that is lost is a time-out, and the order is found by its client id", async () => {
    const { info, user } = clients();
    const { exchange } = clients(700);
    const cloid = nextCloid();
    const px = await lowPx();
    await control({ do: "fault", kind: "timeout", executed: true, count: 1 });
    const lost = exchange.order({ orders: [limit(HYPE, true, px, "1", { tif: "Alo", cloid })], grouping: "na" });
    expect(await lost.catch((error) => error)).toBeInstanceOf(HttpRequestError);
    expect(await info.orderStatus({ user, oid: cloid })).toMatchObject({ status: "order", order: { status: "open" } });
    await clients().exchange.cancelByCloid({ cancels: [{ asset: HYPE, cloid }] });
  }, 20_000);

  test("ccxt starts against it, buys, and is flat again", async () => {
    const { key, address } = started.keys[1] ?? { key: "0x", address: "0x" };
    const client = ccxtAt(started, address, key);
    const symbol = "HYPE/USDC:USDC";
    const book = await client.fetchOrderBook(symbol).catch(async () => {
      await client.loadMarkets();
      return client.fetchOrderBook(symbol);
    });
    await client.createOrder(symbol, "market", "buy", 1, book.asks[0]?.[0]);
    expect(await client.fetchPositions([symbol])).toMatchObject([{ contracts: 1, side: "long" }]);
    await client.createOrder(symbol, "market", "sell", 1, book.bids[0]?.[0], { reduceOnly: true });
    expect(await client.fetchPositions([symbol])).toEqual([]);
    expect((await client.fetchMyTrades(symbol)).length).toBeGreaterThanOrEqual(2);
    await client.close();
  }, 20_000);

  test("Ctrl-C ends it in good order", async () => {
    child.kill("SIGINT");
    expect(await child.exited).toBe(130);
  });
});
