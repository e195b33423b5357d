import { expect, test } from "vitest";
import { formatCommand } from "../../../cmd/line/format-command.ts";
import { explainSignIn } from "../../../src/azure/sign-in-error.ts";
import { hintText } from "../../../src/fix.ts";

const trace = " Trace ID: 0a Correlation ID: 0b Timestamp: 2026-11-24 13:25:18Z";
const interactive = "Interactive authentication is needed. Please run:\naz login --scope https://management.azure.com//.default\n";

test.for([
  {
    said: "ERROR: Please run 'az login' to setup account.\n",
    kind: "unauthenticated",
    message: "not logged in to Azure",
    hint: "az login",
  },
  {
    said: `ERROR: AADSTS50076: Due to a configuration change made by your administrator, you must use multi-factor authentication.${trace}\n${interactive}`,
    kind: "unauthenticated",
    message:
      "Azure wants multi-factor authentication for this sign-in (AADSTS50076: Due to a configuration change made by your administrator, you must use multi-factor authentication)",
    hint: "az login --scope https://management.azure.com//.default",
  },
  {
    said: `ERROR: AADSTS700082: The refresh token has expired due to inactivity.${trace}\n${interactive}`,
    kind: "unauthenticated",
    message: "the Azure sign-in has expired (AADSTS700082: The refresh token has expired due to inactivity)",
    hint: "az login --scope https://management.azure.com//.default",
  },
  {
    said: `AADSTS53003: Access has been blocked by Conditional Access policies.${trace}`,
    kind: "forbidden",
    message:
      "a Conditional Access policy of the tenant blocks this Azure sign-in (AADSTS53003: Access has been blocked by Conditional Access policies)",
    hint: "sign in from a device or network that the policy allows, or ask the tenant's administrator",
  },
  {
    said: "ERROR: Error loading command module 'monitor': boom\nERROR: Unable to get authority configuration for https://login.microsoftonline.com/nope.",
    kind: "unauthenticated",
    message: "the Azure tenant does not exist in this cloud",
    hint: { do: "shell", argv: ["az", "cloud", "show"], when: "check the tenant ID, and the cloud of the Azure CLI" },
  },
  {
    said: `invalid_client: Error(s): 7000215 - Timestamp: x - Description: AADSTS7000215: Invalid client secret provided.${trace}`,
    kind: "unauthenticated",
    message:
      "Azure refused the client secret: it is wrong, or was made less than a minute ago (AADSTS7000215: Invalid client secret provided)",
    hint: "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
  },
  {
    said: "ERROR: HTTPSConnectionPool(host='login.microsoftonline.com', port=443): Max retries exceeded with url: /x",
    kind: "unreachable",
    message: "Azure's sign-in service cannot be reached",
    hint: "check the network and HTTPS_PROXY",
  },
  {
    said: "ERROR: HTTPSConnectionPool(host='x'): Max retries exceeded (Caused by SSLError(SSLCertVerificationError(1, 'CERTIFICATE_VERIFY_FAILED')))",
    kind: "unreachable",
    message: "the Azure CLI does not trust the certificate of Azure, or of a proxy before it",
    hint: "set REQUESTS_CA_BUNDLE to the file with the proxy's certificate authority",
  },
  {
    said: "ERROR: Subscription 'x' not found. Check the spelling and casing and try again.",
    kind: "notFound",
    message: "the Azure CLI does not know the subscription",
    hint: "az account list --output table",
  },
  { said: "ERROR: unrecognized arguments: --scope", kind: "config", message: "the Azure CLI is too old", hint: "az upgrade" },
  {
    said: "FutureWarning: x\nERROR: Error loading command module 'rdbms'\nERROR: something new\n",
    kind: "unauthenticated",
    message: "Azure gave no token: something new",
    hint: "az login",
  },
  { said: "", kind: "unauthenticated", message: "Azure gave no token: it said nothing", hint: "az login" },
])("$message", ({ said, ...shown }) => {
  const { kind, message, hint } = explainSignIn(said);

  expect({ kind, message, hint }).toEqual(shown);
});

const factors = ["Azure wants multi-factor authentication for this sign-in", /^az login$/] as const;
const expired = ["the Azure sign-in has expired", /^az login$/] as const;
const blocked = [
  "a Conditional Access policy of the tenant blocks this Azure sign-in",
  /device or network that the policy allows/,
] as const;
const consent = ["the Azure tenant does not let this identity ask for a token of this kind", /consent/] as const;
const assertion = ["Azure refused the client certificate or federated assertion", /federated credentials/] as const;
const password = ["Azure refused the user name or the password", /^az login$/] as const;

test.for([
  [50076, ...factors],
  [50079, ...factors],
  [50078, ...factors],
  [700082, ...expired],
  [70043, ...expired],
  [50173, ...expired],
  [700084, ...expired],
  [53003, ...blocked],
  [53000, ...blocked],
  [53001, ...blocked],
  [530003, ...blocked],
  [90002, "the Azure tenant does not exist in this cloud", /az cloud show/],
  [700016, "the application is not known in this Azure tenant", /AZURE_CLIENT_ID/],
  [7000222, "the client secret has expired", /make a new one/],
  [500011, ...consent],
  [50001, ...consent],
  [65001, ...consent],
  [70021, ...assertion],
  [700211, ...assertion],
  [700212, ...assertion],
  [700213, ...assertion],
  [700024, ...assertion],
  [50057, "the Azure account is disabled", /administrator/],
  [50105, "the Azure account is not assigned to the application", /administrator/],
  [50126, ...password],
  [50034, ...password],
] as const)("AADSTS%i: %s", ([number, message, hint]) => {
  const error = explainSignIn(`AADSTS${number}: text.${trace}`);
  expect(error.message).toBe(`${message} (AADSTS${number}: text)`);
  expect(error.hint && hintText(error.hint, formatCommand)).toMatch(hint);
});

test("hints at no az command when another source gives no token", () => {
  for (const said of ["AADSTS50076: MFA.", "AADSTS700082: Expired.", "AADSTS50126: Wrong.", "something new"])
    expect(explainSignIn(said, "check the AZURE_* variables").hint).toBe("check the AZURE_* variables");
});

test("repeats the command of az with its claims challenge", () => {
  const command = 'az login --tenant "t-1" --scope "https://management.core.windows.net//.default" --claims-challenge "eyJhIjp7fX0="';
  const said = `ERROR: AADSTS50076: You must use multi-factor authentication.${trace}\nRun the command below to authenticate interactively; additional arguments may be added as needed:\naz logout\n${command}\n`;

  expect(explainSignIn(said).hint).toBe(command);
});
