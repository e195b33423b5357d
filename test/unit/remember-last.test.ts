import { expect, test } from "vitest";
import { rememberLast } from "../../src/remember-last.ts";

test("what came of a key is made anew only after another key", () => {
  const last = rememberLast<number>();
  let made = 0;
  const make = () => ++made;

  expect(["a", "a", "b", "b", "a"].map((key) => last(key, make))).toEqual([1, 1, 2, 2, 3]);
});

test("each remembers its own, and undefined too", () => {
  const [one, other] = [rememberLast<undefined>(), rememberLast<undefined>()];
  let made = 0;
  const make = () => void made++;

  for (const last of [one, other, one, other]) last("", make);
  expect(made).toBe(2);
});
