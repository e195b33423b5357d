import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { SignJWT } from "jose";
import { expect, test } from "vitest";
import { createAuthority, type KeyPair } from "../../../sandbox/pki.ts";
import { claimsOf, openTestAzure } from "./world.ts";

const azure = await openTestAzure();
const authority = await createAuthority("people who sign in");
const own = await authority.issue({ commonName: "own" }, "rsa");
const foreign = await authority.issue({ commonName: "foreign" }, "rsa");
const application = azure.world.applications.find(({ appId }) => appId === azure.owner.clientId);
application?.certificates.push(own.certificate);

const url = () => `https://login.microsoftonline.com/${azure.owner.tenantId}/oauth2/v2.0/token`;
const now = () => Math.floor(Date.now() / 1000);

type Change = { readonly claims?: Record<string, unknown>; readonly named?: KeyPair; readonly signed?: KeyPair; readonly alg?: string };

/** Creates an assertion like MSAL's, or one with a change. */
async function assertion({ claims, named = own, signed = named, alg = "PS256" }: Change): Promise<string> {
  const { raw } = new X509Certificate(named.certificate);
  const thumbprint = (algorithm: string) => createHash(algorithm).update(raw).digest("base64url");
  const header = alg === "PS256" ? { alg, "x5t#S256": thumbprint("sha256") } : { alg, x5t: thumbprint("sha1") };
  const { clientId } = azure.owner;
  const usual = { aud: url(), iss: clientId, sub: clientId, jti: "1", nbf: now(), exp: now() + 600 };
  return new SignJWT({ ...usual, ...claims }).setProtectedHeader(header).sign(createPrivateKey(signed.key));
}

const signIn = (client_assertion: string, changes: Record<string, string> = {}) => {
  const form = Object.entries({
    grant_type: "client_credentials",
    client_id: azure.owner.clientId,
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion,
    scope: "https://management.azure.com/.default",
    ...changes,
  });
  return azure.ask("POST", url(), { form });
};

test.for(["PS256", "RS256"])("signs an application in when its certificate signed the assertion with %s", async (alg) => {
  const { status, json } = await signIn(await assertion({ alg }));

  expect(status).toBe(200);
  expect(claimsOf(String(json.access_token))).toMatchObject({ appid: azure.owner.clientId, appidacr: "2" });
});

test.for<{ why: string; change: Change; number: number }>([
  { why: "of a certificate that is not registered", change: { named: foreign }, number: 700027 },
  { why: "that names the certificate and is signed by another key", change: { signed: foreign }, number: 700027 },
  { why: "for another endpoint", change: { claims: { aud: "https://example.com" } }, number: 700023 },
  { why: "that has expired", change: { claims: { exp: now() - 360 } }, number: 700024 },
  { why: "that is not valid yet", change: { claims: { nbf: now() + 360 } }, number: 700024 },
  { why: "of another issuer", change: { claims: { iss: "somebody" } }, number: 700021 },
  { why: "about another subject", change: { claims: { sub: "somebody" } }, number: 700021 },
])("refuses an assertion $why: AADSTS$number", async ({ change, number }) => {
  const { status, json } = await signIn(await assertion(change));

  expect(status).toBe(401);
  expect(json).toMatchObject({ error: "invalid_client", error_codes: [number] });
});

test("refuses text that is no assertion, and another type of assertion", async () => {
  expect((await signIn("nonsense")).json).toMatchObject({ error: "invalid_client", error_codes: [50027] });
  expect((await signIn(await assertion({}), { client_assertion_type: "magic" })).json).toMatchObject({ error_codes: [9002313] });
});
