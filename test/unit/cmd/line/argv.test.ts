import { expect, test } from "vitest";
import { global } from "../../../../cmd/line/kubectl-flags.ts";
import { firstArgument } from "../../../../cmd/line/parse.ts";

test.for([
  ["list -n demo", "list"],
  ["-n demo list", "list"],
  ["-ndemo list", "list"],
  ["-n list create", "create"],
  ["--namespace=demo list", "list"],
  ["--namespace demo list", "list"],
  ["--as-uid -1 list", "list"],
  ["--help list", "list"],
  ["-hv 6 list", "list"],
  // Flags of the verb.
  ["--force create", "create"],
  ["-A list", "list"],
  ["-n", undefined],
  ["-- list", undefined],
  ["", undefined],
] as const)("finds the first argument of %o: %s", ([typed, first]) => {
  const argv = typed.split(" ").filter(Boolean);

  expect(argv[firstArgument(argv, global)]).toBe(first);
});
