import { CliError, isRefusal } from "../errors.ts";
import type { Fix } from "../fix.ts";
import { apiVersion } from "./api-version.ts";
import type { Arm } from "./arm.ts";
import type { Identity } from "./identity.ts";
import type { RegistryName } from "./registry-name.ts";

export const registryType = "Microsoft.ContainerRegistry/registries";

/** A search of many subscriptions starts no request after this long, and so ends within 45 s. Milliseconds. */
export const longest = 42_000;

/** The gaps of a search: the number of subscriptions, the number that were listed, and why others could not be listed. */
export type Missed = { readonly all: number; readonly listed: number; readonly refusals: readonly CliError[] };

type Sought = { readonly text: string; readonly only: string | undefined; readonly missed: Missed };

type Asking = { readonly arm: Arm; readonly identity: Pick<Identity, "source" | "subscription"> };

/** Registry names are unique in a cloud, so Azure can distinguish a typo from a registry that the identity cannot read. */
export async function notFound(asking: Asking, wanted: RegistryName, { text, only, missed }: Sought): Promise<CliError> {
  const named = `registry ${JSON.stringify(text)}`;
  const where = "in no subscription that this Azure identity can read";
  const error = (message: string, hint: string | Fix) => new CliError("notFound", message, { hint });
  if (only !== undefined)
    return error(
      `${named} is not in subscription ${only}, as far as this Azure identity can read${failures(missed)}`,
      "leave out --subscription to look in all of them",
    );
  const name = isUnique(wanted) ? await nameOf(asking, wanted.name) : "unknown";
  const hint = hints[name][asking.identity.source === "az" ? "az" : "otherwise"];
  if (name === "free") return error(`there is no ${named}: nobody in Azure has that name`, hint);
  if (missed.listed < missed.all)
    return error(incomplete(named, missed) + failures(missed), "add --subscription, or name the registry by its id in Azure");
  return error(`${named} ${name === "taken" ? "exists, but" : "is"} ${where}${failures(missed)}`, hint);
}

const askForReader = "ask for the role Reader on the registry";

const askOrSignIn: Fix = {
  do: "hints",
  hints: [askForReader, { do: "shell", argv: ["az", "login", "--tenant", "TENANT"], when: "or sign in to its tenant" }],
};

/** The next step, by whether a registry has the name, for an identity of the Azure CLI and for another. */
const hints = {
  free: {
    otherwise: "check the spelling",
    az: { do: "shell", argv: ["az", "acr", "list", "--output", "table"], when: "check the spelling" },
  },
  taken: { otherwise: askForReader, az: askOrSignIn },
  unknown: { otherwise: askForReader, az: askOrSignIn },
} as const satisfies Readonly<Record<string, Readonly<Record<"az" | "otherwise", string | Fix>>>>;

const incomplete = (named: string, { listed, all }: Missed) =>
  `${named} not found: searched ${listed} of ${all} subscriptions in ${longest / 1000}s`;

/** The subscriptions that could not be searched, and the first reason. */
function failures({ refusals: [first, ...others] }: Missed): string {
  if (!first) return "";
  return `; ${others.length + 1} ${others.length > 0 ? "subscriptions" : "subscription"} could not be searched: ${first.message}`;
}

/** A login server with a hash belongs to a name that other registries can have too. */
const isUnique = ({ id, loginServer = "" }: RegistryName) => id === undefined && !loginServer.includes("-");

/** Whether a registry has a name; unknown if Azure does not say. */
async function nameOf({ arm, identity }: Asking, name: string): Promise<keyof typeof hints> {
  try {
    const subscription = (await identity.subscription()) ?? (await subscriptions(arm))[0]?.id;
    if (subscription === undefined) return "unknown";
    const path = `/subscriptions/${encodeURIComponent(subscription)}/providers/Microsoft.ContainerRegistry/checkNameAvailability`;
    const body = { name, type: registryType };
    const answer = await arm.send({ method: "POST", path, version: apiVersion.registry, body, doing: "check the registry's name" });
    const { nameAvailable } = (answer ?? {}) as { nameAvailable?: unknown };
    if (typeof nameAvailable !== "boolean") return "unknown";
    return nameAvailable ? "free" : "taken";
  } catch (error) {
    if (isRefusal(error)) return "unknown";
    throw error;
  }
}

export type Subscription = { readonly id: string; readonly name: string };

/** The subscriptions in which the identity may read anything (subscriptions, 2022-12-01). */
export async function subscriptions(arm: Arm): Promise<Subscription[]> {
  const list = await arm.list({ path: "/subscriptions", version: apiVersion.subscriptions, doing: "list the subscriptions" });
  return list.flatMap((it) => {
    const { subscriptionId: id, displayName } = it as { subscriptionId?: unknown; displayName?: unknown };
    return typeof id === "string" ? [{ id, name: String(displayName ?? "") }] : [];
  });
}

/**
 * The id of the subscription with an id or a name.
 * @throws CliError notFound; usage if several have the name
 */
export async function subscriptionNamed(arm: Arm, text: string): Promise<string> {
  const small = text.toLowerCase();
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(small)) return small;
  const [found, second] = (await subscriptions(arm)).filter(({ name }) => name.toLowerCase() === small);
  if (found && !second) return found.id;
  const said = JSON.stringify(text);
  const hint = "name the subscription by its id";
  if (found) throw new CliError("usage", `several subscriptions are named ${said}`, { hint });
  throw new CliError("notFound", `this Azure identity can read no subscription ${said}`, { hint });
}
