import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { causes } from "../../../src/check/cause.ts";
import { readWaiting } from "../../../src/kubelet/message.ts";

const read = (page: string) => readFileSync(new URL(`../../../docs/${page}`, import.meta.url), "utf8");

const words = [...read("troubleshooting.md").matchAll(/^\| `(.*)` \| \[`(\S+)`\]\(explain\.md#\2\)/gm)].map(([, says = "", id = ""]) => ({
  says,
  id,
}));

test.for(words)("reads the kubelet's words in docs/troubleshooting.md: $says", ({ says, id }) => {
  const whole = `failed to pull and unpack image "x": failed to resolve reference "x": ${says}`;
  const reasons = { "malformed-secret": says, "never-pulled": "ErrImageNeverPull", "invalid-image": "InvalidImageName" };

  expect(readWaiting({ reason: reasons[id as keyof typeof reasons] ?? "ErrImagePull", message: whole }).map(({ cause }) => cause)).toEqual([
    id,
  ]);
});

test("has the kubelet's words for each verdict in docs/troubleshooting.md", () => {
  const ours = [
    ...[
      "pulls",
      "anonymous",
      "by-node",
      "not-visible",
      "next-start",
      "by-identity",
      "not-checked",
      "denied",
      "expired",
      "older-pod",
      "unknown",
    ],
    ...["no-repository", "not-yet-effective", "other-namespace", "other-cloud", "rewritten"],
  ];

  expect(words.map(({ id }) => id)).toEqual(
    Object.keys(causes)
      .filter((id) => !ours.includes(id))
      .toSorted(inOrder(words.map(({ id }) => id))),
  );
});

const inOrder = (order: readonly string[]) => (a: string, b: string) => order.indexOf(a) - order.indexOf(b);
