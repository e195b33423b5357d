import { expect, test } from "vitest";
import { type Change, mints } from "../../../src/plan/change.ts";

const keep: Change = { act: "keep", to: { kind: "secret", name: "acr" }, because: "holds this credential" };
const mint: Change = {
  act: "mint",
  to: { kind: "token.azurecr.io", name: "t" },
  slot: "password2",
  inNew: false,
  because: "there is none",
};

test("finds a new password in a plan", () => {
  expect([mints([]), mints([keep]), mints([keep, mint])]).toEqual([false, false, true]);
});
