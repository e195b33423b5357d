import { expect, test } from "vitest";
import { noteEntries } from "../../../src/secret/entry.ts";
import { noteOf } from "../../../src/state/note.ts";

const r = "r.azurecr.io";
const east = "r.eastus.geo.azurecr.io";

test.for([
  { noted: [r], hosts: [r] },
  { noted: [r, east], hosts: [r, east] },
  // Any user of the namespace can write an annotation.
  { noted: [r, "ghcr.io", "q.eastus.geo.azurecr.io", east], hosts: [r, east] },
  { noted: [east, r], hosts: [east] },
  { noted: [], hosts: [] },
])("a note of $noted is of the login for $hosts", ({ noted, hosts }) => {
  const metadata = { name: "acr", namespace: "demo", ...noteEntries([{ hosts: noted, kind: "given", identity: "ci" }]) };

  expect(noteOf({ apiVersion: "v1", kind: "Secret", metadata })?.hosts).toEqual(hosts);
});
