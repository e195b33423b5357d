import { instant, object, oneOf, text } from "../fields.ts";
import type { Answer } from "../http.ts";
import { newPassword } from "../secrets.ts";
import { preciseNow, withOffset } from "../time.ts";
import { type Registry, registryId, type Slot, type Token, timeIn } from "../world.ts";
import { begin, look } from "./operations.ts";
import { type ArmAsk, body, refuse, registryFor, same } from "./request.ts";
import { registryPath, registryVersions, routesOf } from "./route.ts";

const registries = routesOf("Microsoft.ContainerRegistry/registries", registryVersions);

export const credentialRoutes = [
  registries("POST", `${registryPath}/generateCredentials`, generate),
  registries("POST", `${registryPath}/listCredentials`, (arm) => adminAnswer(adminRegistry(arm, "listCredentials/action"))),
  registries("POST", `${registryPath}/regenerateCredential`, (arm) => {
    const registry = adminRegistry(arm, "regenerateCredential/action");
    const { name } = body<{ name: "password" | "password2" }>(arm, object({ "name!": oneOf("password", "password2") }));
    registry.adminPasswords[name] = newPassword();
    return adminAnswer(registry);
  }),
];

/** generateCredentials returns the passwords only once. The specification also allows 202. Then the last poll returns the passwords. */
function generate(arm: ArmAsk): Answer {
  const registry = registryFor(arm, "generateCredentials/action");
  type Wanted = { tokenId: string; name?: Slot; expiry?: string };
  const wanted = body<Wanted>(arm, object({ "tokenId!": text, name: oneOf("password1", "password2"), expiry: instant }));
  const token = registry.tokens.find(({ name }) => same(`${registryId(registry)}/tokens/${name}`, wanted.tokenId));
  if (!token) return refuse(404, "TokenNotFound", `The token '${wanted.tokenId}' could not be found in the registry '${registry.name}'.`);
  if (token.operation?.state === "Creating" && !token.operation.answer) {
    look(token.operation);
    return refuse(409, "TokenNotActive", `The token '${token.name}' is not active.`);
  }
  if (wanted.expiry !== undefined && Date.parse(wanted.expiry) <= Date.now())
    return refuse(400, "InvalidExpiry", `The expiry '${wanted.expiry}' must be in the future.`);
  const slots: readonly Slot[] = wanted.name === undefined ? ["password1", "password2"] : [wanted.name];
  const made: Answer = {
    status: 200,
    body: { username: token.name, passwords: slots.map((slot) => renew(arm, token, slot, wanted.expiry)) },
  };
  if (!arm.state.faults.credentialsByPolling()) return made;
  const at = `${registryId(registry)}/operationStatuses`;
  return { status: 202, headers: begin(arm, { kind: "result", at, prefix: "registries", state: "Updating", done: () => made }).headers };
}

/** Generates a new password in a slot. The old one stops working at once, or when the new one is replicated. */
function renew({ state: { world } }: ArmAsk, token: Token, slot: Slot, expiry: string | undefined) {
  const before = token.passwords[slot]?.value;
  const made = { value: newPassword(), creationTime: preciseNow(), ...(expiry !== undefined && { expiry }) };
  token.passwords[slot] = { ...made, since: timeIn(world), ...(before !== undefined && { previous: before }) };
  return {
    creationTime: withOffset(made.creationTime),
    ...(expiry !== undefined && { expiry: withOffset(expiry) }),
    name: slot,
    value: made.value,
  };
}

function adminRegistry(arm: ArmAsk, action: string): Registry {
  const registry = registryFor(arm, action);
  if (registry.adminUserEnabled) return registry;
  return refuse(
    400,
    "UnAuthorizedForCredentialOperations",
    `Cannot perform credential operations for ${registryId(registry)} as admin user is disabled. Kindly enable admin user as per docs: https://aka.ms/acr/credentials.`,
  );
}

function adminAnswer({ name, adminPasswords }: Registry): Answer {
  return {
    status: 200,
    body: { username: name, passwords: Object.entries(adminPasswords).map(([slot, value]) => ({ name: slot, value })) },
  };
}
