import { expect, test } from "vitest";
import { identityIn } from "../../../src/azure/service.ts";
import { Sensitive } from "../../../src/sensitive.ts";

const token = (claims: unknown) => new Sensitive(`h.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.s`);
const common = { oid: "o-1", tid: "t-1" };

test.for([
  { claims: { ...common, upn: "jane@example.com", idtyp: "user" }, type: "user", name: "jane@example.com" },
  { claims: { ...common, unique_name: "jane@example.com", appid: "04b07795" }, type: "user", name: "jane@example.com" },
  { claims: { ...common, appid: "a-1", idtyp: "app" }, type: "servicePrincipal", name: "a-1" },
  { claims: { ...common, appid: "a-1" }, type: "servicePrincipal", name: "a-1" },
  { claims: { ...common, azp: "a-2", idtyp: "app" }, type: "servicePrincipal", name: "a-2" },
  { claims: { ...common, appid: "a-1", idtyp: "app", xms_mirid: "/subscriptions/s" }, type: "managedIdentity", name: "a-1" },
])("reads a $type named $name from $claims", ({ claims, type, name }) => {
  expect(identityIn(token(claims))).toEqual({ type, name, objectId: "o-1", tenant: "t-1" });
});

test.for([
  "",
  "opaque",
  "a.b.c",
  `h.${Buffer.from("null").toString("base64url")}.s`,
  `h.${Buffer.from('{"oid":7}').toString("base64url")}.s`,
])("reads no identity from %j", (text) => {
  expect(identityIn(new Sensitive(text))).toMatchObject({ name: "", objectId: "", tenant: "" });
});
