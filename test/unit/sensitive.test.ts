import { expect, test } from "vitest";
import { Sensitive } from "../../src/sensitive.ts";

const claimsOf = (text: string) => new Sensitive(text).claims;
const token = (payload: string) => `h.${Buffer.from(payload).toString("base64url")}.s`;

test("reads the subject, audience, issue time and expiry of a token", () => {
  expect(claimsOf(token('{"jti":"3f-1","iss":"Azure Container Registry","aud":"r.azurecr.io","iat":1767225600,"exp":1767236400}'))).toEqual(
    {
      id: "3f-1",
      issuer: "Azure Container Registry",
      audience: "r.azurecr.io",
      madeAt: "2026-01-01T00:00:00Z",
      expiresAt: "2026-01-01T03:00:00Z",
    },
  );
});

test.for([
  "{}",
  '{"iss":{"toString":7},"aud":{"toString":7}}',
  '{"jti":7}',
  '{"jti":"a b"}',
  '{"iat":"1","exp":null}',
  '{"exp":1e300}',
  '{"exp":-1}',
  '{"exp":1767236400000}',
])("returns no claims for the payload %s", (payload) => {
  expect(claimsOf(token(payload))).toEqual({ issuer: "", audience: "", madeAt: undefined, expiresAt: undefined });
});

test.for(["", "password", "a.b", "a.b.c.d", "a.b.c", token("null"), token("7"), token("{")])("rejects %j as a token", (text) => {
  expect(claimsOf(text)).toBeUndefined();
});

test("accepts times up to the year 9999", () => {
  expect(claimsOf(token('{"iat":0,"exp":253402300799}'))).toMatchObject({
    madeAt: "1970-01-01T00:00:00Z",
    expiresAt: "9999-12-31T23:59:59Z",
  });
});
