import { createPipelineRequest } from "@azure/core-rest-pipeline";
import { expect, test } from "vitest";
import { openTransport, redact } from "../../../src/http/transport.ts";

const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2lnbmF0dXJl";

test.for([
  ['{"token_type":"Bearer","access_token":"abc"}', '{"token_type":"Bearer","access_token":"***"}'],
  ['{"accessToken": "a\\"b", "expires_on": 1}', '{"accessToken": "***", "expires_on": 1}'],
  ['{"refresh_token":"abc"}', '{"refresh_token":"***"}'],
  ['{"passwords":[{"name":"password1","value":"hunter2"}]}', '{"passwords":[{"name":"password1","value":"***"}]}'],
  ['{"value":[{"name":"myregistry"}]}', '{"value":[{"name":"myregistry"}]}'],
  ['{"secretText":"hunter2","keyId":"1"}', '{"secretText":"***","keyId":"1"}'],
  ["client_id=1&client_secret=hun%7Eter2&grant_type=client_credentials", "client_id=1&client_secret=***&grant_type=client_credentials"],
  [
    "https://r.azurecr.io/oauth2/token?service=r.azurecr.io&refresh_token=abc",
    "https://r.azurecr.io/oauth2/token?service=r.azurecr.io&refresh_token=***",
  ],
  [
    "https://management.azure.com/o/token-1?api-version=2025-11-01&t=639&c=Mi-_A&s=Sg-_B&h=Hh-_C",
    "https://management.azure.com/o/token-1?api-version=2025-11-01&t=***&c=***&s=***&h=***",
  ],
  ['{"nextLink":"https://x/y?t=1&s=abc","value":[]}', '{"nextLink":"https://x/y?t=***&s=***","value":[]}'],
  ["https://x/y?service=r&scope=s&th=1&type=c", "https://x/y?service=r&scope=s&th=1&type=c"],
  ["Authorization: Basic dXNlcjpodW50ZXIy", "Authorization: Basic ***"],
  [`ERROR: bad token ${jwt}, see above`, "ERROR: bad token ***, see above"],
  ["https://x.blob.core.windows.net/b?sp=r&se=2026&sig=abc%2F", "https://x.blob.core.windows.net/b?sp=r&se=2026&sig=***"],
  ["https://x/y?X-Amz-Signature=abc&Signature=d", "https://x/y?X-Amz-Signature=***&Signature=***"],
  ["nothing to hide", "nothing to hide"],
] as const)("%s becomes %s", ([text, shown]) => {
  expect(redact(text)).toBe(shown);
});

test("ends a request by the signal of the moment at which it is sent", async () => {
  let signal = AbortSignal.abort();
  const client = await openTransport(
    {},
    () => {},
    () => signal,
  )();
  const send = () => client.sendRequest(createPipelineRequest({ url: "https://127.0.0.1:1/" }));

  await expect(send()).rejects.toMatchObject({ kind: "cancelled", message: "interrupted" });
  signal = new AbortController().signal;
  await expect(send()).rejects.toMatchObject({ failure: "refused" });
});
