import { expect, test } from "bun:test";
import { connect } from "node:net";
import { BunNet } from "../../src/io/net.ts";
import { type PostReply, serveLoopback } from "../../src/io/serve.ts";
import { until } from "../fixtures/loopback_exchange.ts";

const never = new Promise<PostReply>(() => {});

test("a server that hangs, and a port where nobody is, are told in plain words", async () => {
  const server = serveLoopback(0, "/ws", {
    onPost: () => never,
    onOpen: () => null,
    onMessage: () => {},
    onClose: () => {},
  });
  const net = new BunNet();
  const url = `${server.url}/info`;
  const ask = (): Promise<unknown> => net.request(url, "{}", 50).catch((error) => [error.exitCode, error.message]);
  expect(await ask()).toEqual([5, `${url}: no answer within 0.05 s`]);
  server.stop();
  expect(await ask()).toEqual([5, `${url}: nobody answers there`]);
});

test("a client that never reads is let go when 64 MB wait for it", async () => {
  const sends: ((text: string) => void)[] = [];
  let closedCount = 0;
  const server = serveLoopback(0, "/ws", {
    onPost: () => never,
    onOpen: (send) => sends.push(send),
    onMessage: () => {},
    onClose: () => {
      closedCount += 1;
    },
  });
  const client = connect(server.port, "127.0.0.1", () => {
    const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13";
    client.write(`GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${key}\r\n\r\n`);
  });
  client.on("error", () => {});
  await until("the connection is open", () => sends.length === 1);
  client.pause();
  const text = "x".repeat(1024 * 1024);
  for (let sent = 0; sent < 80; sent++) sends[0]?.(text);
  await until("the connection ends", () => closedCount === 1);
  expect(server.waitingBytes()).toBe(0);
  client.destroy();
  server.stop();
});
