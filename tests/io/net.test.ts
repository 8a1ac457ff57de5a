import { expect, test } from "bun:test";
import { BunNet } from "../../src/io/net.ts";
import { type PostReply, serveLoopback } from "../../src/io/serve.ts";

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
