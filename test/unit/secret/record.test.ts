import { expect, test } from "vitest";
import { copiesData, copiesKey, copiesOf, credentialKey, recordIn } from "../../../src/secret/record.ts";
import { pullSecret } from "../../support/fakes/cluster.ts";

test("reads only names that an object can have from the list of the copies", () => {
  const data = { [copiesKey]: copiesData({ "": "x", ".": "x", "../b": "x", "team-a": "x" }) ?? "" };

  expect(copiesOf({ data })).toEqual({ "team-a": "x" });
});

test("reads only names and patterns that a ServiceAccount can match from the record of a file", () => {
  const file = { home: "platform", name: "teams", serviceAccounts: ["", ".", "default", "ci-*"] };
  const record = { kind: "acr-token", host: "myregistry.azurecr.io", identity: "t", file };
  const { metadata, ...secret } = pullSecret("team-a", "acr");
  const annotations = { [credentialKey]: JSON.stringify(record) };

  expect(recordIn({ ...secret, metadata: { ...metadata, annotations } })?.file?.serviceAccounts).toEqual(["default", "ci-*"]);
});
