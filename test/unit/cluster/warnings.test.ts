import { expect, test } from "vitest";
import { warningText } from "../../../src/cluster/warnings.ts";

test.for([
  ['299 - "v1 ComponentStatus is deprecated in v1.19+"', "v1 ComponentStatus is deprecated in v1.19+"],
  ['299 - "unknown field \\"spec.x\\""', 'unknown field "spec.x"'],
  ['299 kube "dated" "Wed, 21 Oct 2026 07:28:00 GMT"', "dated"],
  ['110 - "Response is stale"', undefined],
  ["nonsense", undefined],
] as const)("%s warns of %s", ([header, text]) => {
  expect(warningText(header)).toBe(text);
});
