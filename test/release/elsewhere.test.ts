import { test } from "vitest";
import { emulated } from "./emulated.ts";
import { saysTheSame } from "./same-words.ts";
import { unsealed } from "./unsealed.ts";
import { underWine } from "./windows.ts";

const minutes = 60_000;

test("prints the same on linux-arm64 under an emulator", { timeout: 5 * minutes }, () => saysTheSame(emulated));

test("prints the same on windows-amd64 under Wine", { timeout: 10 * minutes }, () => saysTheSame(underWine));

test.for(["darwin-amd64", "darwin-arm64"])(
  "prints the same with the scripts of %s when this machine's Node runs them",
  {
    timeout: 5 * minutes,
  },
  (name) => saysTheSame(() => unsealed(name)),
);
