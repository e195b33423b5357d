import { expect, test } from "vitest";
import { parseChallenges } from "../../../src/http/message.ts";

test.for([
  {
    header: 'Bearer realm="https://r.azurecr.io/oauth2/token",service="r.azurecr.io",scope="repository:team/app:pull,push"',
    reads: [
      {
        scheme: "bearer",
        parameters: { realm: "https://r.azurecr.io/oauth2/token", service: "r.azurecr.io", scope: "repository:team/app:pull,push" },
      },
    ],
  },
  { header: "Basic realm=Registry", reads: [{ scheme: "basic", parameters: { realm: "Registry" } }] },
  {
    header: 'Negotiate, BASIC Realm="a \\"b\\"" , Bearer realm = "x"',
    reads: [
      { scheme: "negotiate", parameters: {} },
      { scheme: "basic", parameters: { realm: 'a "b"' } },
      { scheme: "bearer", parameters: { realm: "x" } },
    ],
  },
  { header: "", reads: [] },
  { header: 'realm="no scheme"', reads: [] },
  { header: 'Bearer realm="never closed', reads: [{ scheme: "bearer", parameters: {} }] },
])("$header", ({ header, reads }) => {
  expect(parseChallenges(header)).toEqual(reads);
});
