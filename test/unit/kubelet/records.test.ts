import { expect, test } from "vitest";
import { possibleRecords } from "../../../src/kubelet/records.ts";

type Access = Parameters<typeof possibleRecords>[0][number];

const mine = { secret: "demo/acr/1", hash: "a" };
const other = { secret: "other/acr/2", hash: "b" };
const open = { isOpen: true };
const none = undefined;

const withLogin = (by: Access["by"], more: Partial<Access> = {}): Access => ({
  by,
  mayHaveLogin: true,
  logins: [other],
  mayHaveOther: false,
  account: "other/default",
  ...more,
});
const without = (by: Access["by"]): Access => ({ ...withLogin(by), mayHaveLogin: false, logins: [] });

type Row = {
  readonly when: string;
  readonly accesses: readonly Access[];
  readonly partial?: true;
  readonly provider?: true;
  readonly records: readonly unknown[];
};

test.for<Row>([
  { when: "no pod has the image", accesses: [], records: [none, open, { logins: [] }] },
  { when: "a pod pulled it with a Secret", accesses: [withLogin("pull")], records: [{ logins: [other] }] },
  {
    when: "a pod pulled it with a Secret, and the kubelet has a provider",
    accesses: [withLogin("pull")],
    provider: true,
    records: [open, { logins: [other] }],
  },
  {
    when: "a pod pulled it with a Secret, and other namespaces are not visible",
    accesses: [withLogin("pull")],
    partial: true,
    records: [open, { logins: [other] }, { logins: [other, mine] }],
  },
  { when: "a pod with a Secret got access", accesses: [withLogin("access")], records: [none, open, { logins: [other] }] },
  { when: "a pod with a Secret has it", accesses: [withLogin("unknown")], records: [none, open, { logins: [other] }] },
  {
    when: "a pod pulled it with a Secret that was deleted",
    accesses: [withLogin("pull", { logins: [], mayHaveOther: true })],
    records: [{ logins: [] }, { logins: [mine] }],
  },
  { when: "a pod without a Secret pulled it", accesses: [without("pull"), withLogin("pull")], records: [open] },
  {
    when: "a pod without a Secret pulled it, and the kubelet has a provider",
    accesses: [without("pull")],
    provider: true,
    records: [open, { logins: [], accounts: ["other/default"] }],
  },
  { when: "a pod without a Secret got access", accesses: [without("access")], records: [none, open] },
  { when: "a pod without a Secret has it", accesses: [without("unknown")], records: [none, open, { logins: [] }] },
  {
    when: "a pod without a Secret has it, and another one pulled it",
    accesses: [without("unknown"), withLogin("pull")],
    records: [open, { logins: [other] }],
  },
])("concludes the records of a kubelet when $when", ({ accesses, partial, provider, records }) => {
  const circumstances = { isComplete: !partial, hasProvider: provider === true, own: [mine] };

  expect(possibleRecords(accesses, circumstances)).toEqual(records);
});
