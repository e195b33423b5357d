import { expect, test } from "vitest";
import { formatCommand } from "../../../cmd/line/format-command.ts";
import { explainArm } from "../../../src/azure/arm-error.ts";
import { explainGraph } from "../../../src/azure/graph.ts";
import { explainSignIn } from "../../../src/azure/sign-in-error.ts";
import { type Fix, hintText } from "../../../src/fix.ts";
import { readAnswer } from "../../../src/registry/answers.ts";

const error = (code: string, message: string) => JSON.stringify({ error: { code, message } });
const traced = " Trace ID: 0a Correlation ID: 0b Timestamp: 2026-11-24 13:25:18Z";
const image = { host: "myregistry.azurecr.io", repository: "app/web", reference: "1" };

/** What a person is told: the message, and what to do next. */
const told = {
  /** az's last words, or those of @azure/identity. */
  az: (said: string) => explainSignIn(said),
  arm: (status: number, code: string, message: string) => explainArm("do it", { status, text: error(code, message) }),
  graph: (status: number, code: string, message: string) => explainGraph("do it", { status, text: error(code, message) }),
  registry: (status: number, message: string) => {
    const answer = readAnswer("token", image, "ci", { status, text: JSON.stringify({ errors: [{ code: "DENIED", message }] }) });
    return { message: `${answer.verdict}: ${answer.message}`, hint: undefined };
  },
};

/** Every text by which Azure, az and the registries are known to refuse, and what becomes of it. */
test.for<{ said: { message: string; hint?: string | Fix | undefined }; message: RegExp; hint?: RegExp }>([
  { said: told.az("ERROR: Please run 'az login' to setup account."), message: /^not logged in to Azure$/, hint: /^az login$/ },
  {
    said: told.az("Interactive authentication is needed. Please run:\naz login --scope https://x/.default"),
    message: /^not logged in to Azure$/,
    hint: /^az login --scope https:\/\/x\/\.default$/,
  },
  ...["50076", "50079", "50078"].map((code) => ({
    said: told.az(`AADSTS${code}: multi-factor.${traced}`),
    message: /^Azure wants multi-factor authentication/,
    hint: /^az login$/,
  })),
  ...["700082", "70043", "50173", "700084"].map((code) => ({
    said: told.az(`AADSTS${code}: expired.${traced}`),
    message: /^the Azure sign-in has expired/,
    hint: /^az login$/,
  })),
  ...["53003", "53000", "53001", "530003"].map((code) => ({
    said: told.az(`AADSTS${code}: blocked.${traced}`),
    message: /^a Conditional Access policy of the tenant blocks/,
    hint: /device or network that the policy allows/,
  })),
  {
    said: told.az("AADSTS90002: Tenant 'nope' not found."),
    message: /^the Azure tenant does not exist in this cloud/,
    hint: /az cloud show/,
  },
  {
    said: told.az("Unable to get authority configuration for https://login.microsoftonline.com/nope."),
    message: /^the Azure tenant does not exist in this cloud/,
    hint: /az cloud show/,
  },
  { said: told.az("AADSTS700016: no app."), message: /^the application is not known in this Azure tenant/, hint: /AZURE_CLIENT_ID/ },
  { said: told.az("AADSTS7000215: bad."), message: /^Azure refused the client secret/, hint: /AZURE_CLIENT_SECRET/ },
  { said: told.az("AADSTS7000222: over."), message: /^the client secret has expired/, hint: /make a new one/ },
  ...["500011", "50001", "65001"].map((code) => ({
    said: told.az(`AADSTS${code}: no.${traced}`),
    message: /^the Azure tenant does not let this identity ask for a token of this kind/,
    hint: /consent/,
  })),
  ...["70021", "700211", "700212", "700213", "700024"].map((code) => ({
    said: told.az(`AADSTS${code}: no match.${traced}`),
    message: /^Azure refused the client certificate or federated assertion/,
    hint: /federated credentials/,
  })),
  { said: told.az("AADSTS50105: not assigned."), message: /^the Azure account is not assigned/, hint: /administrator/ },
  { said: told.az("AADSTS50057: disabled."), message: /^the Azure account is disabled/, hint: /administrator/ },
  ...["50126", "50034"].map((code) => ({
    said: told.az(`AADSTS${code}: no.${traced}`),
    message: /^Azure refused the user name or the password/,
    hint: /^az login$/,
  })),
  {
    said: told.az("ERROR: Subscription 'x' not found. Check the spelling and casing and try again."),
    message: /^the Azure CLI does not know the subscription$/,
    hint: /^az account list/,
  },
  {
    said: told.az("requests.exceptions.SSLError: CERTIFICATE_VERIFY_FAILED"),
    message: /does not trust the certificate/,
    hint: /REQUESTS_CA_BUNDLE/,
  },
  { said: told.az("ERROR: unrecognized arguments: --scope"), message: /^the Azure CLI is too old$/, hint: /^az upgrade$/ },
  { said: told.arm(404, "ResourceNotFound", "The Resource was not found."), message: /^cannot do it: The Resource was not found$/ },
  {
    said: told.arm(404, "ResourceGroupNotFound", "Resource group 'g' could not be found."),
    message: /^cannot do it: Resource group 'g' could not be found$/,
  },
  {
    said: told.arm(
      403,
      "AuthorizationFailed",
      "The client 'c' with object id 'o' does not have authorization to perform action 'A/b' over scope '/subscriptions/s'.",
    ),
    message: /the Azure identity may not do A\/b on \/subscriptions\/s$/,
    hint: /az role assignment create --assignee o .*--scope \/subscriptions\/s$/,
  },
  { said: told.arm(400, "PrincipalNotFound", "Principal 0 does not exist in the directory."), message: /Principal 0 does not exist/ },
  {
    said: told.arm(400, "RoleAssignmentLimitExceeded", "The role assignment limit for the subscription has been reached."),
    message: /The role assignment limit for the subscription has been reached$/,
  },
  { said: told.arm(429, "", ""), message: /answers no more requests for now \(429\)$/, hint: /^try again in a minute$/ },
  {
    said: told.graph(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
    message: /^cannot do it: Insufficient privileges to complete the operation$/,
    hint: /Application Developer.*an ACR token takes no rights in Entra ID$/,
  },
  {
    said: told.graph(
      400,
      "CredentialInvalidLifetimeAsPerAppPolicy",
      "Credential lifetime exceeds the max value allowed as per assigned policy 'p'.",
    ),
    message: /^cannot do it: Credential lifetime exceeds the max value allowed as per assigned policy 'p'$/,
    hint: /--expires-in .*90d$/,
  },
  {
    said: told.graph(400, "CredentialTypeNotAllowedAsPerAppPolicy", "Credential type not allowed as per assigned policy 'p'."),
    message: /^cannot do it: Credential type not allowed/,
    hint: /an ACR token takes no rights in Entra ID$/,
  },
  {
    said: told.registry(403, "client with IP '1.2.3.4' is not allowed access."),
    message: /^blocked: .*does not let this machine in \(403 Forbidden\): client with IP/,
  },
  { said: told.registry(401, "authentication required"), message: /^refused: .*\(401 Unauthorized\): authentication required$/ },
  { said: told.registry(429, ""), message: /^throttled: .*\(429 Too Many Requests\)$/ },
])("$said.message", ({ said, message, hint }) => {
  expect(said.message).toMatch(message);
  if (hint) expect(said.hint && hintText(said.hint, formatCommand)).toMatch(hint);
});
