import { expect, test } from "bun:test";
import { AccountRun } from "../fixtures/account_run.ts";

test("whoever wants to know all the time is answered when there can be something new; another order at once", async () => {
  const r = new AccountRun();
  await r.start();
  r.slots.timeOut(r.register(0, "buy", "1", "29"));
  const asked = (): number => r.questions.filter((type) => type === "orderStatus").length;
  const insist = async (quarters: number): Promise<void> => {
    for (let i = 0; i < quarters; i++) {
      r.reconciler.resolve();
      for (let turn = 0; turn < 50; turn++) await Promise.resolve();
      r.pass(0.25);
    }
  };
  await insist(20);
  expect(asked()).toBe(1);
  r.slots.timeOut(r.register(1, "buy", "1", "28"));
  await insist(2);
  expect(asked()).toBe(3);
  await r.settle();
});
